import Glibc
import LinuxSystem

/// One process as `hull top` shows it, read from /proc (proc_pid_stat(5), proc_pid_status(5)).
public struct ProcessEntry: Equatable, Sendable {
    /// The real user's id, on the host.
    public var user: uid_t
    /// The process, on the host.
    public var pid: pid_t
    /// Its parent, on the host.
    public var parent: pid_t
    /// CPU time used, in clock ticks.
    public var cpuTicks: UInt64
    /// When it started, in clock ticks after boot.
    public var startTicks: UInt64
    /// Its terminal's device number; 0 for none.
    public var terminal: Int32
    /// Its command line; its name in brackets where it has none.
    public var command: String

    /// Reads one process; nil where it is gone.
    public static func read(_ pid: pid_t) -> ProcessEntry? {
        guard let stat = ProcFile.read("/proc/\(pid)/stat"), let status = ProcFile.read("/proc/\(pid)/status"),
            let words = ProcFile.read("/proc/\(pid)/cmdline")
        else { return nil }
        var entry = parse(stat: String(decoding: stat, as: UTF8.self))
        entry?.user = uid(status: String(decoding: status, as: UTF8.self)) ?? 0
        let command = words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        if !command.isEmpty { entry?.command = command }
        return entry
    }

    /// Parses `stat`. The name in parentheses is the workload's to choose: it may hold spaces and parentheses.
    static func parse(stat: String) -> ProcessEntry? {
        guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close,
            let pid = pid_t(stat[..<open].filter { $0 != " " })
        else { return nil }
        let fields = stat[stat.index(after: close)...].split { $0 == " " || $0 == "\n" }
        // The first of these is field 3 of the manual page, the state.
        guard fields.count > 19, let parent = pid_t(fields[1]), let terminal = Int32(fields[4]),
            let user = UInt64(fields[11]), let system = UInt64(fields[12]), let start = UInt64(fields[19])
        else { return nil }
        return ProcessEntry(
            user: 0, pid: pid, parent: parent, cpuTicks: user + system, startTicks: start, terminal: terminal,
            command: "[" + stat[stat.index(after: open)..<close] + "]")
    }

    private static func uid(status: String) -> uid_t? {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }) else { return nil }
        return line.dropFirst(4).split { $0 == "\t" || $0 == " " }.first.flatMap { uid_t($0) }
    }

    /// The terminal as ps(1) shows it: `?`, `pts/0`, `tty1`.
    public var terminalName: String {
        let (major, minor) = (terminal >> 8 & 0xFFF, terminal & 0xFF | terminal >> 12 & 0xFFF00)
        return switch major {
        case 0: "?"
        case 136...143: "pts/\((major - 136) * 256 + minor)"
        case 4: "tty\(minor)"
        default: "\(major):\(minor)"
        }
    }
}

/// The processes of a container in the columns of `ps -ef`.
public enum ProcessTable {
    /// The headings.
    public static let headings = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]

    /// A table of the processes that still exist.
    public static func of(_ processes: [pid_t]) -> TextTable {
        of(processes.sorted().compactMap(ProcessEntry.read), boot: WallClock.now.seconds - uptimeSeconds())
    }

    /// A table of processes.
    ///
    /// - Parameter boot: when their kernel began, in seconds since 1970.
    static func of(_ entries: [ProcessEntry], boot: Int64) -> TextTable {
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let now = WallClock.now.seconds
        var table = TextTable(headings)
        for entry in entries {
            let age = max(0, now - boot - Int64(entry.startTicks / ticks))
            let cpu = Int64(entry.cpuTicks / ticks)
            table.add([
                userName(entry.user), "\(entry.pid)", "\(entry.parent)", "\(min(99, cpu * 100 / max(1, age)))",
                startTime(now - age), entry.terminalName, clock(cpu), entry.command,
            ])
        }
        return table
    }

    private static func uptimeSeconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec)
    }

    private static func userName(_ uid: uid_t) -> String {
        // The name service cannot be used in a static executable; /etc/passwd has the host's own users.
        guard let text = ProcFile.read("/etc/passwd") else { return "\(uid)" }
        for line in text.split(separator: 0x0A) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            if fields.count > 2, String(decoding: fields[2], as: UTF8.self) == "\(uid)" {
                return String(decoding: fields[0], as: UTF8.self)
            }
        }
        return "\(uid)"
    }

    private static func startTime(_ seconds: Int64) -> String {
        String(WallClock(nanoseconds: seconds * 1_000_000_000).rfc3339.dropFirst(11).prefix(5))
    }

    private static func clock(_ seconds: Int64) -> String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}

/// Small files of the kernel.
enum ProcFile {
    /// Bytes that are read of one file at the most.
    static let maximumSize = 1 << 20

    /// The whole file; nil where it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < maximumSize {
            guard let count = try? systemCall("read", path, { unsafe Glibc.read(file.number, &buffer, buffer.count) })
            else { return nil }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
