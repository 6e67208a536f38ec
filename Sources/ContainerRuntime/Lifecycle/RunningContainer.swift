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

/// A container that is known by its state: perhaps made by another process.
public struct RunningContainer: ~Copyable {
    /// What it is known by.
    public let state: ContainerState
    let descriptor: OwnedDescriptor

    /// Readable when the container's first process has ended; it belongs to this value.
    public var pidfd: CInt { descriptor.number }

    /// Finds the container again.
    ///
    /// - Throws: `notRunning` where its first process is gone, or its number belongs to another process now.
    public init(state: ContainerState) throws(RuntimeError) {
        throw .notRunning(state.id)
    }

    /// Sends a signal to the first process, or to all processes.
    public func kill(_ signal: CInt, all: Bool = false) throws(RuntimeError) {}

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

    /// Stops all processes until `resume()`.
    public func pause() throws(RuntimeError) {}

    /// Lets the processes run on.
    public func resume() throws(RuntimeError) {}

    /// Whether `pause()` is in force.
    public func isPaused() throws(RuntimeError) -> Bool { false }

    /// What the container uses.
    public func stats() -> ControlGroupStatistics { ControlGroupStatistics() }

    /// The processes in the container, in the caller's pid namespace.
    public func processes() throws(RuntimeError) -> [pid_t] { [] }

    /// Ends what is left of a container whose first process is gone (or never started): processes, control groups;
    /// then runs the poststop hooks. It may be called again.
    ///
    /// - Returns: what could not be cleaned up, one line each.
    @discardableResult
    public static func cleanUp(_ state: ContainerState) -> [String] { [] }
}
