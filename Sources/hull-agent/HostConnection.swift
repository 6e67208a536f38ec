import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import Wire

/// One stream to the host, and the processes that the host has asked for over it.
///
/// The first is made by the agent, and the guest lives as long as it does: its process 0 is the workload. Others are made
/// by programs of the host that want something done in a guest that runs.
final class HostConnection {
    private let stream: MessageStream<HostMessage, GuestMessage>
    /// Processes whose streams go over this connection.
    var processes: [ManagedProcess] = []
    /// Trees that are copied over this connection.
    let copies = FileCopies()

    /// Takes a connected socket and says who speaks.
    init(_ socket: consuming OwnedDescriptor) throws(SystemError) {
        stream = try MessageStream(socket, peer: "the host")
        send(
            .hello(
                oldest: AgentLimits.versions.lowerBound, newest: AgentLimits.versions.upperBound, build: "hull-agent"))
    }

    /// Connects to the host.
    static func open() throws(SystemError) -> HostConnection {
        let number = try systemCall("connect", "the host's port \(AgentLimits.port)") {
            linux_vsock_connect(2, AgentLimits.port)
        }
        return try HostConnection(OwnedDescriptor(owning: number))
    }

    private var place = -1

    /// Whether there is room for processes' output.
    var hasRoom: Bool { stream.hasRoom }
    /// The host has closed it, or broke the protocol.
    private(set) var hasEnded = false

    /// Puts a message behind those that wait.
    func send(_ message: GuestMessage) { stream.send(message) }

    /// Takes over processes whose host is gone: with this one their streams begin anew.
    func adopt(_ others: [ManagedProcess]) {
        for process in others {
            if process.restartStreams() { send(.inputClosed(process: process.number)) }
        }
        processes = others
    }

    /// A process of this connection.
    func process(_ number: UInt32) -> ManagedProcess? { processes.first { $0.number == number } }

    /// Reads what is there.
    ///
    /// - Returns: the messages that have come.
    func receive() throws -> [HostMessage] {
        try stream.receive()
        var messages: [HostMessage] = []
        while let message = try stream.next() { messages.append(message) }
        hasEnded = stream.hasEnded
        return messages
    }

    /// Sends what waits, as far as it goes.
    func flush() throws(SystemError) {
        try stream.flush()
        if stream.hasEnded { hasEnded = true }
    }

    /// Moves bytes between its processes, files that are copied, and the host.
    ///
    /// - Parameter set: what was waited for. A descriptor that was not ready is not tried: each system call is dear here.
    func pump(_ set: PollSet) {
        copies.pump(self)
        for process in processes {
            for output in process.outputs where process.status != nil || output.isReady(set) {
                pass(output, of: process)
            }
            if let input = process.input, input.isReady(set) {
                let (granted, isClosed) = input.flush()
                if let granted { send(.credit(process: process.number, bytes: granted)) }
                if isClosed { send(.inputClosed(process: process.number)) }
            }
        }
    }

    private func pass(_ output: OutputPump, of process: ManagedProcess) {
        let isLast = process.status != nil
        while hasRoom, !output.hasEnded {
            let bytes = output.read(isLast: isLast)
            if bytes.isEmpty { return }
            send(.output(process: process.number, stream: output.stream, bytes: bytes))
            // Less than there was room for: that was all.
            if !isLast, bytes.count < AgentLimits.data { return }
        }
    }

    /// Whether one of its processes has ended.
    var hasEndedProcess: Bool { processes.contains { $0.status != nil } }

    /// Whether `pump` is to be called after `InputPump.shortPause`.
    var isPausing: Bool { processes.contains { $0.input?.isPausing ?? false } }

    /// Tells of processes that have ended and have written all.
    ///
    /// - Parameter group: the workload's, which knows whether the kernel killed for want of memory.
    func reportEnds(workload group: ControlGroup?) {
        for process in processes {
            guard let status = process.status else { continue }
            // A workload that succeeds has not been hurt, and to ask takes as long as to mount something.
            let isHurt = process.number == AgentLimits.workload && status != 0 && (group?.oomKills ?? 0) > 0
            guard let exit = process.exit(ranOutOfMemory: isHurt) else { continue }
            for output in process.outputs { send(.outputEnd(process: process.number, stream: output.stream)) }
            send(.exited(process: process.number, exit))
        }
        processes.removeAll { $0.status != nil && $0.outputs.allSatisfy(\.hasEnded) }
    }

    /// Adds what it and its processes wait for.
    func watch(_ set: inout PollSet) {
        place = set.add(stream.descriptor, stream.events)
        for process in processes {
            for output in process.outputs { output.watch(&set, hasRoom: hasRoom) }
            process.input?.watch(&set)
        }
    }

    /// Whether the host has said something or can be told more, by what was waited for.
    func isReady(_ set: PollSet) -> Bool { set.isReady(place) }
}
