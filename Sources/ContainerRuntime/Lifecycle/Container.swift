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

    /// Makes a container: when this returns all is set up, and the workload waits to be executed. Nothing is left on
    /// failure.
    public static func create(_ request: ContainerRequest) throws(RuntimeError) -> Container {
        throw .invalid(at: "process", reason: "not there yet")
    }

    /// Lets the workload be executed; returns when execve(2) has succeeded.
    ///
    /// - Throws: `commandNotFound`, `commandNotExecutable` and others; the first process has then ended and is still to
    ///   be waited for, and `RunningContainer.cleanUp` still to be called.
    public mutating func start() throws(RuntimeError) {}

    /// The terminal's master side, once.
    public mutating func takeTerminal() -> OwnedDescriptor? {
        let taken = terminal.take()
        return taken
    }
}
