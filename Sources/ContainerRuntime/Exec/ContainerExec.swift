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

    init(_ child: consuming ClonedProcess, terminal: consuming OwnedDescriptor?) {
        pid = child.pid
        descriptor = child.descriptor
        self.terminal = terminal
    }

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
        let asked = try SpecificationCheck.process(process)
        // A process that enters a frozen group stops at once, and we would wait for it.
        if try isPaused() { throw .notRunning("\(state.id) is paused") }
        let own = try during("look at the container's first process") { () throws(SystemError) in
            try ProcessStatus.restrictions(of: state.pid)
        }
        var process = process
        process.noNewPrivileges = process.noNewPrivileges ?? own.noNewPrivileges
        let capabilities: CapabilitySets
        if privileged {
            capabilities = CapabilitySets(everythingFor: 0)
        } else if process.capabilities != nil {
            capabilities = asked
        } else {
            capabilities = CapabilitySets(bounding: own.boundingCapabilities, for: process.user.uid)
        }
        let entering = EnteringProcess(
            state: state, container: descriptor.number, process: process,
            credentials: Credentials(user: process.user, capabilities: capabilities),
            filter: privileged ? nil : try loadFilter(), streams: streams)
        return try run(entering, try openEntrance())
    }

    private func loadFilter() throws(RuntimeError) -> SeccompProgram? {
        do throws(SeccompError) {
            return try SeccompProgram.load(state.seccomp ?? .none, cacheDirectory: state.seccompCache)
        } catch {
            throw .seccomp(error)
        }
    }

    private func openEntrance() throws(RuntimeError) -> ControlGroup.Entrance {
        guard let group = state.controlGroup else { return ControlGroup.Entrance() }
        do throws(ControlGroupError) { return try group.entrance() } catch { throw .controlGroup(error) }
    }

    private func run(
        _ entering: EnteringProcess, _ entrance: borrowing ControlGroup.Entrance
    ) throws(RuntimeError) -> ExecutedProcess {
        let ends = try during("make the handshake's sockets") { () throws(SystemError) in try Channel.make() }
        let channel = OwnedDescriptor(owning: ends.parent)
        let childEnd = OwnedDescriptor(owning: ends.child)
        var child = try clone(entering, entrance, channel: childEnd.number)
        // Only the child has its end now: it closes when execve succeeds.
        OwnedDescriptor.close(childEnd)
        var terminal: OwnedDescriptor?
        var failure: RuntimeError?
        do throws(RuntimeError) {
            while let received = try hear(channel.number) {
                switch received.message {
                case .ready: terminal = received.descriptor.map { OwnedDescriptor(owning: $0) }
                case .forked(let pid):
                    child.reap()
                    child = try during("find the new process") { () throws(SystemError) in
                        try ClonedProcess.adopt(pid)
                    }
                // Read on: a process that was made in this one's place is to be known, too.
                case .failed(let error): failure = error
                default: throw .initEnded("it said what it should not")
                }
            }
            if let failure { throw failure }
        } catch {
            child.end()
            throw error
        }
        return ExecutedProcess(child, terminal: terminal)
    }

    private func hear(_ channel: CInt) throws(RuntimeError) -> (message: Message, descriptor: CInt?)? {
        try during("hear the new process") { () throws(SystemError) in try Channel.receive(channel) }
    }

    /// Makes the process, in the container's pid namespace where this process may send its children there; else the
    /// child enters it and makes another in its place.
    private func clone(
        _ entering: EnteringProcess, _ entrance: borrowing ControlGroup.Entrance, channel: CInt
    ) throws(RuntimeError) -> ClonedProcess {
        let step = "make a process in the container"
        let namespace = try during(step) { () throws(SystemError) in
            try ChildPidNamespace.enter(of: state.namespaces.contains(.pid) ? descriptor.number : nil)
        }
        defer { namespace.restore() }
        let directory = entrance.cloneDirectory
        let child = try during(step) { () throws(SystemError) in try ClonedProcess.make(0, group: directory) }
        guard let child else { entering.run(entrance, isInPidNamespace: namespace.isEntered, channel: channel) }
        return child
    }
}
