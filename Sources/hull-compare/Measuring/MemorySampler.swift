import Glibc
import LinuxSystem

/// Looks again and again at the memory of all processes that a run has on the host: our children, and theirs.
struct MemorySampler {
    /// The most memory at once, in bytes; what several processes share counts in each.
    private(set) var resident: Int64 = 0
    /// The most memory at once, in bytes, when what is shared is split among those who share it.
    private(set) var proportional: Int64 = 0

    /// How long lies between two looks, in milliseconds.
    static let interval: CInt = 2
    /// Looks once.
    mutating func sample() {
        let children = Self.childrenOfAll()
        var waiting = children[getpid()] ?? []
        var seen = Set(waiting)
        var (all, split): (Int64, Int64) = (0, 0)
        while let process = waiting.popLast() {
            for line in Self.text("/proc/\(process)/smaps_rollup").split(separator: "\n") {
                if line.hasPrefix("Rss:") { all += Self.bytes(line) }
                if line.hasPrefix("Pss:") { split += Self.bytes(line) }
            }
            for child in children[process] ?? [] where seen.insert(child).inserted { waiting.append(child) }
        }
        resident = max(resident, all)
        proportional = max(proportional, split)
    }

    /// The children of every process. Not every kernel has /proc/PID/task/TID/children.
    private static func childrenOfAll() -> [pid_t: [pid_t]] {
        var children: [pid_t: [pid_t]] = [:]
        for name in (try? WholeFile.names(in: "/proc")) ?? [] {
            guard let process = pid_t(name) else { continue }
            // The name in brackets may hold anything; after it come the state and the parent (proc_pid_stat(5)).
            let fields = text("/proc/\(name)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            if fields.count > 1, let parent = pid_t(fields[1]) { children[parent, default: []].append(process) }
        }
        return children
    }

    /// A line such as `Pss:   1234 kB` (proc_pid_smaps(5)).
    private static func bytes(_ line: Substring) -> Int64 {
        line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 } ?? 0
    }

    /// A process that has just ended has no text.
    private static func text(_ path: String) -> String {
        String(decoding: (try? WholeFile.read(path)) ?? [], as: UTF8.self)
    }
}
