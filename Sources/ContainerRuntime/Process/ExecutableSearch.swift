import CLinux
import Glibc
import LinuxSystem

/// The identity of a file.
struct FileIdentity: Equatable {
    let device: dev_t
    let inode: ino_t

    init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
    }

    /// The file of the program that this process executes.
    static func ownExecutable() throws(SystemError) -> FileIdentity {
        var status = stat()
        try systemCall("stat", "/proc/self/exe") { unsafe stat("/proc/self/exe", &status) }
        return FileIdentity(status)
    }
}

/// Finds the program of a workload: in the container, as the workload's user.
struct ExecutableSearch {
    /// PATH of the workload's environment.
    let path: String
    /// The runtime's own program, which a container must never execute: it could then be written to through
    /// /proc/PID/exe (CVE-2019-5736).
    let forbidden: FileIdentity?

    /// The usual PATH where the environment has none (execvp(3) has a shorter one).
    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Names to try, in order.
    static func candidates(_ name: String, path: String) -> [String] {
        if name.contains("/") { return [name] }
        return path.split(separator: ":", omittingEmptySubsequences: false).map { directory in
            directory.isEmpty ? "./" + name : directory + "/" + name
        }
    }

    /// The file to execute.
    func find(_ name: String) throws(RuntimeError) -> String {
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw .commandNotFound(name.isEmpty ? "\"\"" : printable(name))
        }
        var refusal: String?
        for candidate in Self.candidates(name, path: path) {
            var status = stat()
            if unsafe stat(candidate, &status) != 0 {
                switch errno {
                case ENOENT, ENOTDIR: continue
                default:
                    refusal = refusal ?? errorText(errno)
                    continue
                }
            }
            if status.isDirectory {
                refusal = refusal ?? "is a directory"
                continue
            }
            if unsafe faccessat(AT_FDCWD, candidate, X_OK, AT_EACCESS) != 0 {
                refusal = refusal ?? errorText(errno)
                continue
            }
            try refuseOwnExecutable(candidate, status)
            return candidate
        }
        if let refusal { throw .commandNotExecutable(printable(name), reason: refusal) }
        throw .commandNotFound(printable(name))
    }

    private func refuseOwnExecutable(_ file: String, _ status: stat) throws(RuntimeError) {
        guard let forbidden else { return }
        let refusal = RuntimeError.commandNotExecutable(
            printable(file), reason: "is the container runtime itself, which a container may not execute")
        if FileIdentity(status) == forbidden { throw refusal }
        guard let interpreter = Self.interpreter(of: file) else { return }
        var other = stat()
        if unsafe stat(interpreter, &other) == 0, FileIdentity(other) == forbidden { throw refusal }
    }

    /// What the first line of a script names (execve(2), "Interpreter scripts"); nil for other files and for those that
    /// this user may not read.
    static func interpreter(of file: String) -> String? {
        guard let opened = try? OwnedDescriptor.open(file, O_RDONLY | O_NONBLOCK) else { return nil }
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = unsafe buffer.withUnsafeMutableBytes { room in
            unsafe read(opened.number, room.baseAddress, room.count)
        }
        return length > 0 ? interpreter(inLine: buffer.prefix(length)) : nil
    }

    /// The interpreter in the first bytes of a script.
    static func interpreter(inLine bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) else { return nil }
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        let name = bytes.dropFirst(2).drop { blanks.contains($0) }
            .prefix { !blanks.contains($0) && $0 != UInt8(ascii: "\n") && $0 != 0 }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }
}
