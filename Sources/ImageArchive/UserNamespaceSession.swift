import CLinux
import Glibc
import LinuxSystem

/// What this process may do with owners, devices and attributes of files.
public enum Privilege: Sendable, Equatable {
    /// Root of the host.
    case host
    /// Root of a user namespace in which a range of ids is mapped.
    case namespace
    /// Root of a user namespace with no id but the user's own.
    case singleID

    /// That of this process.
    public static func current() -> Privilege {
        guard let map = IDRange.read("/proc/self/uid_map", limit: 1 << 16) else { return .host }
        let counts = map.split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }
        let total = counts.reduce(0, +)
        if total >= UInt64(UInt32.max) { return .host }
        return total > 1 ? .namespace : .singleID
    }

    /// How layers are unpacked with it.
    public var unpackOptions: UnpackOptions {
        var options = UnpackOptions()
        if self != .host {
            options.userExtendedAttributes = true
            options.devices = .skip
        }
        options.squashOwners = self == .singleID
        return options
    }
}

/// A range of ids that a user may map in user namespaces (subuid(5)).
struct IDRange: Equatable {
    var start: UInt32
    var count: UInt32

    /// The ranges of a user, by name or number, in the order of the file.
    static func parse(_ text: String, name: String?, id: UInt32) -> [IDRange] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == name ?? "" || fields[0] == String(id),
                let start = UInt32(fields[1]), let count = UInt32(fields[2]), count > 0,
                !start.addingReportingOverflow(count).overflow
            else { return nil }
            return IDRange(start: start, count: count)
        }
    }

    /// Reads a small text file; nil where it cannot be read.
    static func read(_ path: String, limit: Int) -> String? {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return nil }
        var bytes = [UInt8](repeating: 0, count: limit)
        var filled = 0
        while filled < limit {
            // The rest of the array is valid for the call.
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(file.number, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count <= 0 { break }
            filled += count
        }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }
}

/// Lets a user who is not root own files of other ids: a child process in a user namespace, with the user as root and the
/// ranges of /etc/subuid and /etc/subgid as the ids from 1.
public enum UserNamespaceSession {
    /// Runs a closure in such a child and waits for it. The process must have one thread.
    ///
    /// - Returns: the closure's result, as an exit status.
    public static func run(_ body: () -> Int32) throws(SystemError) -> Int32 {
        let (readyRead, readyWrite) = try makePipe()
        defer { close(readyRead) }
        let (goRead, goWrite) = try makePipe()
        let user = getuid()
        let group = getgid()
        let child = fork()
        if child == 0 {
            // Only then does the child see the end of the pipe when the parent dies.
            close(goWrite)
            enter(ready: readyWrite, go: goRead)
            _exit(body())
        }
        close(readyWrite)
        close(goRead)
        defer { close(goWrite) }
        if child < 0 { throw .last("fork", "") }
        do throws(SystemError) {
            var byte: UInt8 = 0
            let count = try systemCall("read", "user namespace") { unsafe read(readyRead, &byte, 1) }
            // The child's errno, where it could not make the namespace.
            if count != 1 || byte != 0 {
                throw SystemError("unshare", "user namespace", number: count == 1 ? CInt(byte) : EPIPE)
            }
            try map(child, user, group)
            try systemCall("write", "user namespace") { unsafe write(goWrite, [UInt8(0)], 1) }
        } catch {
            kill(child, SIGKILL)
            _ = try? wait(child)
            throw error
        }
        return try wait(child)
    }

    private static func makePipe() throws(SystemError) -> (read: CInt, write: CInt) {
        var ends: [CInt] = [-1, -1]
        try systemCall("pipe") { unsafe pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func enter(ready: CInt, go: CInt) {
        _ = linux_prctl(1 /* PR_SET_PDEATHSIG */, UInt(SIGKILL), 0, 0, 0)
        let failed = linux_unshare(LINUX_CLONE_NEWUSER) != 0
        var byte = failed ? UInt8(truncatingIfNeeded: errno) : 0
        _ = unsafe write(ready, &byte, 1)
        // The end of the pipe without a byte: the parent gave up.
        let told = unsafe read(go, &byte, 1)
        guard !failed, told == 1 else { _exit(1) }
        // Where the user has one id, setgroups is denied, and there is nothing to drop.
        _ = linux_setgroups(0, nil)
        guard linux_setresgid(0) == 0, linux_setresuid(0) == 0 else { _exit(1) }
    }

    private static func map(_ child: pid_t, _ user: uid_t, _ group: gid_t) throws(SystemError) {
        // The password entry is valid until the next call of this kind.
        let name = unsafe getpwuid(user).map { unsafe String(cString: $0.pointee.pw_name) }
        let users = IDRange.parse(IDRange.read("/etc/subuid", limit: 1 << 20) ?? "", name: name, id: user)
        let groups = IDRange.parse(IDRange.read("/etc/subgid", limit: 1 << 20) ?? "", name: name, id: user)
        if !users.isEmpty, !groups.isEmpty,
            try run("newuidmap", child, user, users), try run("newgidmap", child, group, groups)
        {
            return
        }
        try writeMap("/proc/\(child)/setgroups", "deny")
        try writeMap("/proc/\(child)/uid_map", "0 \(user) 1")
        try writeMap("/proc/\(child)/gid_map", "0 \(group) 1")
    }

    private static func writeMap(_ path: String, _ text: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY)
        let bytes = Array(text.utf8)
        try systemCall("write", path) { unsafe write(file.number, bytes, bytes.count) }
    }

    /// Runs newuidmap(1) or newgidmap(1); false where it is not installed.
    private static func run(
        _ program: String, _ child: pid_t, _ id: UInt32, _ ranges: [IDRange]
    ) throws(SystemError) -> Bool {
        var words = [program, "\(child)", "0", "\(id)", "1"]
        var next: UInt32 = 1
        for range in ranges {
            words += ["\(next)", "\(range.start)", "\(range.count)"]
            let (sum, overflow) = next.addingReportingOverflow(range.count)
            if overflow { break }
            next = sum
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process = pid_t()
        // The vector ends with nil, and its strings live until the call has returned.
        let number = unsafe posix_spawnp(&process, program, nil, nil, &arguments, environ)
        if number == ENOENT { return false }
        if number != 0 { throw SystemError("posix_spawn", program, number: number) }
        guard try wait(process) == 0 else { throw SystemError(program, "\(child)", number: EPERM) }
        return true
    }

    private static func wait(_ process: pid_t) throws(SystemError) -> Int32 {
        var status: CInt = 0
        try systemCall("waitpid") { unsafe waitpid(process, &status, 0) }
        if linux_wait_exited(status) != 0 { return linux_wait_exit_status(status) }
        return 128 + linux_wait_term_signal(status)
    }
}
