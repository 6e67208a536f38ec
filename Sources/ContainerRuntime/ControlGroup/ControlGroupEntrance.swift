import CLinux
import Glibc
import LinuxSystem

extension ControlGroup {
    /// The open files by which a new process enters a group cheaply. The parent opens them; for v2 it passes
    /// `cloneDirectory` to clone3; for v1 the child calls `enter()`, first of all and single-threaded.
    public struct Entrance: ~Copyable, Sendable {
        /// `tasks` of each v1 directory, open for writing, close-on-exec.
        public let tasks: [CInt]
        /// The v2 directory for `CLONE_INTO_CGROUP`, or -1.
        public let cloneDirectory: CInt

        /// Leads nowhere: for a process without groups of its own.
        public init() {
            self.init(tasks: [], cloneDirectory: -1)
        }

        init(tasks: [CInt], cloneDirectory: CInt) {
            self.tasks = tasks
            self.cloneDirectory = cloneDirectory
        }

        deinit {
            for file in tasks { close(file) }
            if cloneDirectory >= 0 { close(cloneDirectory) }
        }

        /// Moves the calling process, which must have one thread only, into the v1 directories. Neither allocates nor
        /// locks, so it may run between clone3 and execve.
        ///
        /// - Returns: 0, or an error number.
        public borrowing func enter() -> CInt {
            var zero = UInt8(ascii: "0")
            for file in tasks {
                // One byte, valid for the call.
                while unsafe write(file, &zero, 1) < 0 {
                    if errno != EINTR { return errno }
                }
            }
            return 0
        }
    }

    /// Opens the way into the group.
    public func entrance() throws(ControlGroupError) -> Entrance {
        var tasks: [CInt] = []
        var directory: CInt = -1
        do {
            for place in legacy { tasks.append(try OwnedDescriptor.open(place.path + "/tasks", O_WRONLY).release()) }
            if let unified { directory = try OwnedDescriptor.open(unified, O_RDONLY | O_DIRECTORY).release() }
        } catch {
            for file in tasks { close(file) }
            throw .system(error)
        }
        return Entrance(tasks: tasks, cloneDirectory: directory)
    }
}
