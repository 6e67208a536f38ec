import Glibc
import LinuxSystem

/// What /proc tells of a process.
enum ProcessStatus {
    /// When a process started, in clock ticks after boot (proc_pid_stat(5), field 22).
    static func startTime(of pid: pid_t) throws(SystemError) -> UInt64 {
        let path = "/proc/\(pid)/stat"
        guard let time = startTime(in: try KernelFile.text(path)) else {
            throw SystemError("read", path, number: EPROTO)
        }
        return time
    }

    /// The same of a file's text. The second field is a name that may hold blanks and parentheses.
    static func startTime(in text: String) -> UInt64? {
        let bytes = text.utf8
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[bytes.index(after: end)...].split(separator: UInt8(ascii: " "))
        // The first of these is field 3.
        guard fields.count > 19 else { return nil }
        return UInt64(Substring(fields[19]))
    }

    /// The processes that are in the same namespace of a kind as a process, by number.
    static func sharing(_ kind: String, with pid: pid_t) throws(SystemError) -> [pid_t] {
        let wanted = try namespace(kind, of: pid)
        return try WholeFile.names(in: "/proc").compactMap { pid_t($0) }.filter { candidate in
            // Processes that end meanwhile, and those that this user may not look at, are not the container's.
            (try? namespace(kind, of: candidate)) == wanted
        }.sorted()
    }

    private static func namespace(_ kind: String, of pid: pid_t) throws(SystemError) -> FileIdentity {
        let path = "/proc/\(pid)/ns/\(kind)"
        var status = stat()
        try systemCall("stat", path) { unsafe stat(path, &status) }
        return FileIdentity(status)
    }

    /// What a process can never have (proc_pid_status(5)).
    struct Restrictions: Equatable {
        var boundingCapabilities: UInt64
        var noNewPrivileges: Bool
    }

    /// What a process can never have.
    static func restrictions(of pid: pid_t) throws(SystemError) -> Restrictions {
        let path = "/proc/\(pid)/status"
        let text = try KernelFile.text(path)
        guard let restrictions = restrictions(in: text) else { throw SystemError("read", path, number: EPROTO) }
        return restrictions
    }

    /// The same of a file's text.
    static func restrictions(in text: String) -> Restrictions? {
        var bounding: UInt64?
        var noNewPrivileges = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: "\t")
            guard words.count == 2 else { continue }
            if words[0] == "CapBnd:" { bounding = UInt64(words[1], radix: 16) }
            if words[0] == "NoNewPrivs:" { noNewPrivileges = words[1] == "1" }
        }
        return bounding.map { Restrictions(boundingCapabilities: $0, noNewPrivileges: noNewPrivileges) }
    }
}
