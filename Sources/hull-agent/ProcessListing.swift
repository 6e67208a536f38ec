import AgentProtocol
import Glibc
import LinuxSystem

extension GuestProcess {
    /// Reads a process from /proc (proc_pid_stat(5), proc_pid_status(5)); nil where it is gone.
    init?(pid: pid_t) {
        guard let stat = Self.text("/proc/\(pid)/stat"), let status = Self.text("/proc/\(pid)/status"),
            let words = Self.text("/proc/\(pid)/cmdline"), let open = stat.firstIndex(of: "("),
            let close = stat.lastIndex(of: ")"), open < close
        else { return nil }
        // The name in parentheses is the workload's to choose. The first field behind it is number 3 of the manual page.
        let fields = stat[stat.index(after: close)...].split { $0 == " " || $0 == "\n" }
        guard fields.count > 19, let parent = UInt32(fields[1]), let terminal = Int32(fields[4]),
            let user = UInt64(fields[11]), let system = UInt64(fields[12]), let start = UInt64(fields[19])
        else { return nil }
        let owner = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
        let command = words.split(separator: "\0").joined(separator: " ")
        self.init(
            user: owner?.dropFirst(4).split { $0 == "\t" || $0 == " " }.first.flatMap { UInt32($0) } ?? 0,
            pid: UInt32(pid), parent: parent, cpuTicks: user &+ system, startTicks: start,
            terminal: UInt32(bitPattern: terminal),
            command: command.isEmpty ? "[\(stat[open...close].dropFirst().dropLast())]" : command)
    }

    private static func text(_ path: String) -> String? {
        // A process may go at any time; one that cannot be read is left out.
        (try? WholeFile.read(path)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }
}
