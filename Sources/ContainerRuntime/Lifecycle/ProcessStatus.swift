import Glibc
import LinuxSystem

/// What /proc tells of a process.
enum ProcessStatus {
    /// When a process started, in clock ticks after boot (proc_pid_stat(5), field 22).
    static func startTime(of pid: pid_t) throws(SystemError) -> UInt64 {
        let path = "/proc/\(pid)/stat"
        let file = try OwnedDescriptor.open(path, O_RDONLY)
        var buffer = [UInt8](repeating: 0, count: 1024)
        let length = try systemCall("read", path) { () -> Int in
            // The array has the room that is named.
            unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(file.number, $0.baseAddress, $0.count) }
        }
        guard let time = startTime(in: buffer.prefix(length)) else {
            throw SystemError("read", path, number: EPROTO)
        }
        return time
    }

    /// The same of a file's bytes. The second field is a name that may hold blanks and parentheses.
    static func startTime(in bytes: ArraySlice<UInt8>) -> UInt64? {
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        // The first of these is field 3.
        guard fields.count > 19 else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }

    /// The processes that are in the same namespace of a kind as a process, by number.
    static func sharing(_ kind: String, with pid: pid_t) throws(SystemError) -> [pid_t] {
        let wanted = try namespace(kind, of: pid)
        let directory = try OwnedDescriptor.open("/proc", O_RDONLY | O_DIRECTORY)
        return try directoryEntries(directory.number).compactMap { pid_t($0) }.filter { candidate in
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
}
