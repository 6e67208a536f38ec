import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A container that this process made: it is the parent of the container's first process and waits for it (waitpid(2),
/// or `pidfd` in a poll and then waitid(2)).
///
/// The process that makes containers has one thread: what runs between clone3 and execve is Swift.
public struct Container: ~Copyable {
    /// The first process.
    public let pid: pid_t
    let descriptor: OwnedDescriptor
    let channel: OwnedDescriptor
    var terminal: OwnedDescriptor?
    let hooks: Spec.Hooks?
    /// What another process needs to know the container by.
    public let state: ContainerState
    /// What could not be done and is no error, one line each, for people.
    public internal(set) var notes: [String] = []

    /// Readable when the first process has ended (pidfd_open(2)); it belongs to this value.
    public var pidfd: CInt { descriptor.number }

    init(
        _ child: consuming ClonedProcess, channel: consuming OwnedDescriptor, terminal: consuming OwnedDescriptor?,
        hooks: Spec.Hooks?, state: ContainerState, notes: [String]
    ) {
        pid = child.pid
        descriptor = child.descriptor
        self.channel = channel
        self.terminal = terminal
        self.hooks = hooks
        self.state = state
        self.notes = notes
    }

    /// Lets the workload be executed; returns when execve(2) has succeeded.
    ///
    /// - Throws: `commandNotFound`, `commandNotExecutable` and others; the first process has then ended and is still to
    ///   be waited for, and `RunningContainer.cleanUp` still to be called.
    public mutating func start() throws(RuntimeError) {
        do throws(SystemError) {
            try Channel.send(.start, channel.number)
        } catch {
            // EPIPE: it is gone; what it said last is read below.
            if error.number != EPIPE { throw .system(step: "start the workload", error) }
        }
        let answer = try during("start the workload") { () throws(SystemError) in
            try Channel.receive(channel.number)
        }
        switch answer?.message {
        case nil: break
        case .failed(let error)?: throw error
        default: throw .initEnded("it said what it should not")
        }
        notes += HookRunner(state).runAll(hooks?.poststart, at: "poststart", status: "running", pid: pid)
    }

    /// The terminal's master side, once.
    public mutating func takeTerminal() -> OwnedDescriptor? {
        let taken = terminal.take()
        return taken
    }

    /// The container's mount namespace (namespaces(7)): as long as it is open, what is mounted in it stays, and the end of
    /// the last process does not wait for the kernel to unmount that. Nil where this user may not open it.
    public func openMountNamespace() -> OwnedDescriptor? {
        try? OwnedDescriptor.open("/proc/\(pid)/ns/mnt", O_RDONLY)
    }
}
