import ContainerRuntime
import Glibc
import LinuxSystem

/// A wall around one workload, as its supervisor sees it: a container or a micro-VM. It is made by the process
/// that looks after it, and used in the order create, start, wait, delete.
protocol Sandbox: AnyObject {
    /// Sets everything up; the workload waits, or a guest is told of it and `start` finds out what comes of that. Nothing is left
    /// on failure.
    ///
    /// - Parameter streams: the workload's streams; nil where it has a terminal.
    func create(streams: StandardStreams?) throws
    /// Lets the workload run; returns when it does.
    func start() throws
    /// Adds what it waits for.
    func watch(_ set: inout PollSet)
    /// Milliseconds until it wants to go on whatever happens; -1 for no end.
    var patience: CInt { get }
    /// Does what can be done after a wait for what `watch` added.
    ///
    /// - Returns: whether the first process has ended, and all that it wrote has been passed on.
    /// - Throws: where the workload can never end as it should.
    func advance(_ set: PollSet) throws -> Bool
    /// The terminal's master side, once, where there is a terminal.
    func takeTerminal() -> OwnedDescriptor?
    /// Gives the workload's terminal a new size.
    ///
    /// - Parameter terminal: what `takeTerminal` gave.
    func resize(_ size: WindowSize, terminal: CInt)
    /// Writes all of it into a directory, from where a copy can go on; the workload runs on when this returns.
    ///
    /// - Throws: why that cannot be done.
    func save(to directory: String) throws
    /// Sends a signal to the first process.
    func signal(_ number: CInt)
    /// The exit code of the first process, which has ended: 128+N where signal N ended it.
    func exitCode() throws -> Int32
    /// Whether the kernel killed processes for want of memory.
    var ranOutOfMemory: Bool { get }
    /// Nanoseconds of processor time that the workload's control group counts, after the first process's end and before
    /// `delete`; nil where none counts. Who asks waits for a guest's answer.
    func countProcessorTime() -> UInt64?
    /// What another process must know to find it again.
    var running: Lifecycle.Running? { get }
    /// What could not be done and is no error.
    var notes: [String] { get }
    /// Removes what is left of it on the host; again is no harm.
    ///
    /// - Returns: what could not be removed, a line each.
    func delete() -> [String]
    /// Gives back what takes the kernel so long that nobody should wait for it, and that only this process holds.
    func dismantle()
}
