import AgentProtocol
import LinuxSystem
import Wire

/// A stream to the agent of a guest.
typealias GuestConnection = MessageStream<GuestMessage, HostMessage>

/// One process in a guest as the host sees it: its streams, and how it ends.
final class GuestProcessStreams {
    private let number: UInt32
    private let connection: GuestConnection
    private let outputs: [GuestOutput]
    private let input: GuestInput?
    private var exit: GuestMessage.Exit?

    /// - Parameters:
    ///   - number: the process, by the number that the agent knows it by.
    ///   - input: where its standard input comes from; nil where it has none.
    init(_ number: UInt32, _ connection: GuestConnection, outputs: [GuestOutput], input: GuestInput?) {
        self.number = number
        self.connection = connection
        self.outputs = outputs
        self.input = input
    }

    /// How it ended, once all that it wrote has been passed on.
    var ended: GuestMessage.Exit? { outputs.allSatisfy(\.isEmpty) ? exit : nil }

    /// Takes a message that is about this process.
    ///
    /// - Returns: false where it is about something else.
    func take(_ message: GuestMessage) throws(WireError) -> Bool {
        switch message {
        case .output(number, let stream, let bytes):
            guard exit == nil, let output = outputs.first(where: { $0.stream == stream }) else {
                throw .invalid("output: no such stream")
            }
            try output.take(bytes)
        case .credit(number, let bytes): input?.grant(bytes)
        case .inputClosed(number): input?.close()
        case .outputEnd(number, _): break
        case .exited(number, let exit): self.exit = self.exit ?? exit
        default: return false
        }
        return true
    }

    /// Whether nothing of it waits to be passed on.
    var isIdle: Bool { outputs.allSatisfy(\.isEmpty) }

    /// Adds what its streams wait for.
    func watch(_ set: inout PollSet) {
        for output in outputs { output.watch(&set) }
        input?.watch(&set, hasRoom: connection.hasRoom && exit == nil)
    }

    /// Moves bytes in both directions, as far as they go.
    ///
    /// - Parameter set: what was waited for; without it nothing is done that might wait.
    func advance(_ set: PollSet?) {
        for output in outputs {
            if let granted = output.advance(set) {
                connection.send(.credit(process: number, stream: output.stream, bytes: granted))
            }
        }
        switch input?.advance(set) {
        case .bytes(let bytes): connection.send(.input(process: number, bytes: bytes))
        case .end: connection.send(.inputEnd(process: number))
        case .some(.none), nil: break
        }
    }
}
