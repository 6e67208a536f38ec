import Glibc

/// What a container could leave on the host.
struct HostSnapshot {
    var things: [String: Set<String>]

    static func take() -> HostSnapshot {
        let processes = self.processes()
        return HostSnapshot(things: [
            "mount": Set(mounts()),
            "control group": controlGroups(),
            "process": Set(processes.map { "\($0) \(commandLine($0))" }),
            "namespace": namespaces(processes),
            "loop device": loopDevices(),
            "temporary file": Set(names("/tmp").map { "/tmp/" + $0 } + names("/dev/shm").map { "/dev/shm/" + $0 }),
        ])
    }

    /// What is there now and was not before.
    func leftovers(since before: HostSnapshot) -> [String] {
        things.flatMap { kind, now in
            now.subtracting(before.things[kind] ?? []).map { "\(kind): \($0)" }
        }.sorted()
    }

    /// Mounts by where they are and what they show (proc_pid_mountinfo(5)); their numbers say nothing.
    private static func mounts() -> [String] {
        text("/proc/self/mountinfo").split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            return "\(fields[4]) from \(fields[3])"
        }
    }

    /// Directories of all hierarchies, but for the one that all of Hull's containers share and that stays.
    private static func controlGroups() -> Set<String> {
        var result: Set<String> = []
        var waiting = ["/sys/fs/cgroup"]
        while let directory = waiting.popLast() {
            for name in names(directory, onlyDirectories: true) {
                if name != "hull" { result.insert(directory + "/" + name) }
                waiting.append(directory + "/" + name)
            }
        }
        return result
    }

    private static func processes() -> [pid_t] {
        names("/proc").compactMap { pid_t($0) }.filter { pid in
            // Kernel threads have no command line, nor have zombies; a zombie is the parent's affair.
            !commandLine(pid).isEmpty
        }
    }

    /// All processes below one, parents first (proc_pid_stat(5), field 4).
    static func descendants(of ancestor: pid_t) -> [pid_t] {
        let parents = names("/proc").compactMap { pid_t($0) }.map { pid in
            (pid, text("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ").dropFirst().first)
        }
        var result: [pid_t] = []
        var waiting = [ancestor]
        while let next = waiting.popLast() {
            let children = parents.filter { $0.1.flatMap { pid_t($0) } == next }.map(\.0)
            result += children
            waiting += children
        }
        return result
    }

    /// All processes whose command line contains a text.
    static func processesNaming(_ text: String) -> [pid_t] { processes().filter { commandLine($0).contains(text) } }

    private static func commandLine(_ pid: pid_t) -> String {
        text("/proc/\(pid)/cmdline").split(separator: "\0").joined(separator: " ")
    }

    private static func namespaces(_ processes: [pid_t]) -> Set<String> {
        var result: Set<String> = []
        for pid in processes {
            for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
                var buffer = [CChar](repeating: 0, count: 64)
                let count = readlink("/proc/\(pid)/ns/\(kind)", &buffer, buffer.count)
                if count > 0 {
                    result.insert(String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
                }
            }
        }
        return result
    }

    private static func loopDevices() -> Set<String> {
        Set(
            names("/sys/block").filter {
                $0.hasPrefix("loop") && access("/sys/block/\($0)/loop/backing_file", R_OK) == 0
            })
    }

    static func names(_ path: String, onlyDirectories: Bool = false) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var result: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if onlyDirectories, entry.pointee.d_type != UInt8(DT_DIR) { continue }
            result.append(name)
        }
        return result
    }

    static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
