import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// Does what the host asks: one loop, one thread.
struct Agent: ~Copyable {
    /// The connection that the guest lives for.
    private(set) var owner: HostConnection
    /// Connections of programs of the host that want something of a guest that runs.
    private var visitors: [HostConnection] = []
    private let listener: OwnedDescriptor
    private let signals: SignalDescriptor
    var workload: Workload?
    /// What the workload is made of, where it fits.
    var prepared: PreparedWorkload?
    /// The host wants the end.
    var isOver = false

    /// Connections of visitors at once, at most.
    private static let maximumVisitors = 64

    init() throws(SystemError) {
        let owner = try HostConnection.open()
        let number = try systemCall("listen", "port \(AgentLimits.port)") { linux_vsock_listen(AgentLimits.port) }
        let listener = OwnedDescriptor(owning: number)
        try listener.setNonBlocking()
        signals = try SignalDescriptor([SIGCHLD])
        self.owner = owner
        self.listener = listener
        signal(SIGPIPE, SIG_IGN)
    }

    /// Serves the host until it has had enough or is gone.
    mutating func run() throws {
        while !isOver {
            let set = try wait()
            if owner.isReady(set) { for message in try owner.receive() { try handle(message, of: owner) } }
            serveVisitors(set)
            if set.isReady(Self.signalPlace) { reap() }
            for connection in connections {
                connection.pump(set)
                if connection.hasEndedProcess { connection.reportEnds(workload: state?.controlGroup) }
            }
            try owner.flush()
            // One that fails is ready, too, and then taken off.
            for visitor in visitors { try? visitor.flush() }
            if owner.hasEnded { try findOwner() }
        }
    }

    private var connections: [HostConnection] { [owner] + visitors }

    /// Finds the new host of a guest that was copied. One whose host has gone finds none, and ends.
    private mutating func findOwner() throws(SystemError) {
        let processes = owner.processes
        visitors = []
        owner = try HostConnection.open()
        owner.adopt(processes)
    }

    // Places in the set of what is waited for.
    private static let signalPlace = 0
    private static let listenerPlace = 1

    /// Waits until anything can be done.
    ///
    /// - Returns: what can.
    private func wait() throws(SystemError) -> PollSet {
        var set = PollSet()
        set.add(signals.number, CInt(POLLIN))
        set.add(listener.number, CInt(POLLIN))
        for connection in connections { connection.watch(&set) }
        _ = try set.wait(timeout: connections.contains { $0.isPausing } ? InputPump.shortPause : -1)
        return set
    }

    /// What a visitor does wrong is its own end and no other's.
    private mutating func serveVisitors(_ set: PollSet) {
        while set.isReady(Self.listenerPlace), visitors.count < Self.maximumVisitors {
            // Nobody waits, or is gone again.
            guard let socket = try? LocalSocket.accept(listener.number), let visitor = try? HostConnection(socket)
            else { break }
            visitors.append(visitor)
        }
        var gone: [ObjectIdentifier] = []
        for visitor in visitors where visitor.isReady(set) {
            do {
                for message in try visitor.receive() { try handle(message, of: visitor) }
                try visitor.flush()
                if visitor.hasEnded { gone.append(ObjectIdentifier(visitor)) }
            } catch {
                log("\(error)")
                gone.append(ObjectIdentifier(visitor))
            }
        }
        visitors.removeAll { gone.contains(ObjectIdentifier($0)) }
    }

    /// Takes the status of every child that has ended. Those that are nobody's came here because their parents ended.
    private func reap() {
        while signals.next() != nil {}
        var status: CInt = 0
        while true {
            let pid = unsafe waitpid(-1, &status, WNOHANG)
            if pid <= 0 { return }
            for connection in connections { connection.processes.first { $0.pid == pid }?.status = status }
        }
    }

    /// What the workload uses; nil without one.
    var statistics: ControlGroupStatistics? { state?.controlGroup?.stats() }

    /// What the runtime knows the workload by.
    var state: ContainerState? {
        switch workload {
        case .some(let workload): workload.container.state
        case .none: nil
        }
    }

    /// The files that the workload has from the host, by their paths.
    var workloadFiles: [String] {
        switch workload {
        case .some(let workload): workload.files
        case .none: []
        }
    }

    /// A process by its number: the workload is everybody's, others belong to the connection that asked for them.
    func process(_ number: UInt32, of connection: HostConnection) -> ManagedProcess? {
        (number == AgentLimits.workload ? owner : connection).process(number)
    }
}
