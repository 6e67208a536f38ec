import CLinux
import Glibc

/// A program that runs as our child, until it is waited for.
public struct ChildProgram: Sendable {
    /// Its process.
    public let process: pid_t

    /// Starts a program (posix_spawn(3)).
    ///
    /// - Parameters:
    ///   - path: the executable's path; nothing is looked up.
    ///   - arguments: without the program's own name, for which `path` is given.
    ///   - descriptors: what the child's descriptors are: its number, then ours. Others of ours that are not
    ///     close-on-exec stay open in it. A child's number must be none of ours that is named after it.
    ///   - environment: `NAME=value`; ours without it.
    ///   - ownGroup: whether it leads a process group of its own, so that keys of our terminal do not reach it.
    public static func spawn(
        _ path: String, _ arguments: [String], descriptors: [(child: CInt, ours: CInt)] = [],
        environment: [String]? = nil, ownGroup: Bool = false
    ) throws(SystemError) -> ChildProgram {
        // Zero bytes: posix_spawn's own initialisers set them.
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        for pair in descriptors {
            // A descriptor put onto itself loses close-on-exec (posix_spawn_file_actions_adddup2, glibc since 2.29).
            unsafe posix_spawn_file_actions_adddup2(&actions, pair.ours, pair.child)
        }
        // The child starts with no signal blocked: we may block those that we read from a signalfd.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        let group = ownGroup ? CInt(POSIX_SPAWN_SETPGROUP) : 0
        unsafe posix_spawnattr_setflags(&attributes, Int16(CInt(POSIX_SPAWN_SETSIGMASK) | group))
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        let variables = unsafe environment.map { unsafe $0.map { unsafe strdup($0) } + [nil] }
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe variables?.indices ?? 0..<0 { unsafe free(variables?[index]) }
        }
        var process: pid_t = 0
        // Both arrays end with nil, and their strings live until this function ends.
        let number =
            if let variables = unsafe variables {
                unsafe posix_spawn(&process, path, &actions, &attributes, words, variables)
            } else {
                unsafe posix_spawn(&process, path, &actions, &attributes, words, environ)
            }
        if number != 0 { throw SystemError("posix_spawn", path, number: number) }
        return ChildProgram(process: process)
    }

    /// Executes a program in the place of this one (execv(3)).
    ///
    /// - Returns: why it could not; otherwise it does not return.
    public static func replaceOurselves(_ path: String, _ arguments: [String]) -> SystemError {
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        // The array ends with nil, and its strings live until this function ends.
        _ = unsafe execv(path, words)
        return .last("execve", path)
    }

    /// Waits until the program has ended.
    ///
    /// - Returns: its exit status, or 128 and the number of the signal that ended it, as shells count.
    public func wait() throws(SystemError) -> CInt {
        var status: CInt = 0
        try systemCall("waitpid", "\(process)") { unsafe waitpid(process, &status, 0) }
        return linux_wait_exited(status) != 0
            ? linux_wait_exit_status(status) : 128 + linux_wait_term_signal(status)
    }

    /// The path of a program: in the directories given, then as `PATH` says. Only absolute directories count.
    public static func find(_ name: String, in directories: [String] = []) -> String? {
        let variable = unsafe getenv("PATH")
        let path = unsafe variable.map { unsafe String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        let all = directories + path.split(separator: ":").map(String.init)
        for directory in all where directory.hasPrefix("/") {
            let candidate = directory + "/" + name
            var status = stat()
            if unsafe access(candidate, X_OK) == 0, unsafe stat(candidate, &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            {
                return candidate
            }
        }
        return nil
    }

    /// The path of the program that we are; nil where /proc is not mounted. It is the one that was told first: below a changed
    /// root, whoever moves into a new mount namespace is told another, from the real root.
    public static func ownPath() -> String? { firstOwnPath }

    private static let firstOwnPath = readOwnPath()

    private static func readOwnPath() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        // The buffer is as long as the count says.
        let length = unsafe buffer.withUnsafeMutableBufferPointer {
            guard let start = $0.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, $0.count)
        }
        guard length > 0, length < buffer.count else { return nil }
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where Hull's own programs are: beside this executable, then in `../libexec/hull`.
    public static func ownDirectories() -> [String] {
        guard let path = ownPath(), let slash = path.lastIndex(of: "/") else { return [] }
        let directory = String(path[..<slash])
        return [directory, directory + "/../libexec/hull"]
    }
}
