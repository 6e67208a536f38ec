import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import Wire

/// Does what the host asks: one loop, one thread.
struct Agent: ~Copyable {
    var connection: HostConnection
    private let signals: SignalDescriptor
    var workload: Workload?
    var processes: [ManagedProcess] = []
    /// The host wants the end.
    var isOver = false

    init(_ connection: consuming HostConnection) throws(SystemError) {
        self.connection = connection
        signals = try SignalDescriptor([SIGCHLD])
        signal(SIGPIPE, SIG_IGN)
    }

    /// Serves the host until it has had enough or is gone.
    mutating func run() throws {
        while !isOver, !connection.hasEnded {
            try wait()
            try connection.receive()
            while let message = try connection.next() { try handle(message) }
            reap()
            pump()
            reportEnds()
            try connection.flush()
        }
    }

    /// Waits until anything can be done.
    private func wait() throws(SystemError) {
        var set = PollSet()
        set.add(connection.descriptor, connection.events)
        set.add(signals.number, CInt(POLLIN))
        for process in processes {
            for output in process.outputs {
                set.add(connection.hasRoom ? output.descriptor : -1, CInt(POLLIN))
            }
            if let input = process.input { set.add(input.descriptor, CInt(POLLOUT)) }
        }
        _ = try set.wait()
    }

    /// Takes the status of every child that has ended. Those that are nobody's came here because their parents ended.
    private func reap() {
        while signals.next() != nil {}
        var status: CInt = 0
        while true {
            let pid = unsafe waitpid(-1, &status, WNOHANG)
            if pid <= 0 { return }
            processes.first { $0.pid == pid }?.status = status
        }
    }

    /// Moves bytes between processes and host.
    private mutating func pump() {
        for process in processes {
            for output in process.outputs {
                while connection.hasRoom, !output.hasEnded {
                    let bytes = output.read(isLast: process.status != nil)
                    if bytes.isEmpty { break }
                    connection.send(.output(process: process.number, stream: output.stream, bytes: bytes))
                }
            }
            if let input = process.input {
                let (granted, isClosed) = input.flush()
                if let granted { connection.send(.credit(process: process.number, bytes: granted)) }
                if isClosed { connection.send(.inputClosed(process: process.number)) }
            }
        }
    }

    private mutating func reportEnds() {
        for process in processes {
            guard let exit = process.exit(ranOutOfMemory: process.number == AgentLimits.workload && ranOutOfMemory)
            else { continue }
            for output in process.outputs {
                connection.send(.outputEnd(process: process.number, stream: output.stream))
            }
            connection.send(.exited(process: process.number, exit))
        }
        processes.removeAll { $0.status != nil && $0.outputs.allSatisfy(\.hasEnded) }
    }

    private var ranOutOfMemory: Bool { (statistics?.oomKills ?? 0) > 0 }

    /// What the workload uses; nil without one.
    var statistics: ControlGroupStatistics? { state?.controlGroup?.stats() }

    /// What the runtime knows the workload by.
    var state: ContainerState? {
        switch workload {
        case .some(let workload): workload.container.state
        case .none: nil
        }
    }

    func process(_ number: UInt32) -> ManagedProcess? { processes.first { $0.number == number } }
}
