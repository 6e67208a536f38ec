import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A process that `exec` started. Its parent is the process that called `exec`.
public struct ExecutedProcess: ~Copyable {
    /// The process, in the caller's pid namespace.
    public let pid: pid_t
    let descriptor: OwnedDescriptor
    var terminal: OwnedDescriptor?

    /// Readable when the process has ended; it belongs to this value.
    public var pidfd: CInt { descriptor.number }

    /// The terminal's master side, once.
    public mutating func takeTerminal() -> OwnedDescriptor? {
        let taken = terminal.take()
        return taken
    }
}

extension RunningContainer {
    /// Starts a further process in the container; returns when execve(2) has succeeded. The calling process has one
    /// thread.
    ///
    /// - Parameters:
    ///   - process: what to run. Without capabilities it has those of the container's own process.
    ///   - streams: its streams where it has no terminal; nil leaves the caller's own.
    ///   - privileged: all capabilities, no filter.
    public func exec(
        _ process: Spec.Process, streams: StandardStreams? = nil, privileged: Bool = false
    ) throws(RuntimeError) -> ExecutedProcess {
        throw .notRunning(state.id)
    }
}
