import AgentProtocol
import Glibc
import LinuxSystem

/// A connection of ours to the agent of a guest that runs, beside its supervisor's.
final class GuestVisit {
    /// The stream of messages.
    let connection: GuestConnection
    private let name: String

    /// The agent's port, in the guest as on the host.
    static let port = AgentLimits.port
    /// How long the agent may take to an answer, in milliseconds: a guest may be busy, but not for ever.
    private static let patience: CInt = 30_000
    /// The longest answer of the machine's socket: `OK PORT`.
    private static let greetingLimit = 32

    /// Connects.
    ///
    /// - Parameters:
    ///   - directory: the container's.
    ///   - name: the container's, for messages.
    init(directory: String, name: String) throws {
        self.name = name
        guard let place = try OwnedDescriptor.openPresent(directory, O_RDONLY | O_DIRECTORY) else {
            throw LaunchError.notRunning(name)
        }
        let socket: OwnedDescriptor
        do throws(SystemError) {
            socket = try LocalSocket.connect(MicroVMSandbox.socketName, in: place.number, .stream)
        } catch {
            if [ENOENT, ECONNREFUSED].contains(error.number) { throw LaunchError.notRunning(name) }
            throw error
        }
        try WholeFile.write(Array("CONNECT \(AgentLimits.port)\n".utf8), to: socket.number, "the machine's socket")
        try Self.awaitGreeting(socket.number, name)
        connection = try GuestConnection(socket, peer: "the guest's agent")
        connection.send(.hello(version: AgentLimits.versions.upperBound))
    }

    /// Reads the answer, and not a byte further: the rest is the agent's.
    private static func awaitGreeting(_ socket: CInt, _ name: String) throws {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            var set = PollSet()
            set.add(socket, CInt(POLLIN))
            guard try set.wait(timeout: patience) else { throw silent(name) }
            var byte: UInt8 = 0
            let count = try systemCall("read", "the machine's socket") { unsafe read(socket, &byte, 1) }
            line.append(byte)
            guard count == 1, line.count <= greetingLimit else {
                throw LaunchError("the agent of \(InvalidOption.shown(name)) cannot be reached: its guest is ending")
            }
        }
    }

    private static func silent(_ name: String) -> LaunchError {
        LaunchError("the agent of \(InvalidOption.shown(name)) does not answer")
    }

    /// Says something and waits for the answer.
    ///
    /// - Parameter answer: what the answer comes to; nil where a message is none.
    func ask<Answer>(_ message: HostMessage, _ answer: (GuestMessage) throws -> Answer?) throws -> Answer {
        connection.send(message)
        while true {
            let message = try next()
            if case .refused(_, let text) = message { throw LaunchError(GuestText.shown(text), status: 1) }
            if let value = try answer(message) { return value }
        }
    }

    /// The agent's next message. What waits to be sent goes meanwhile.
    func next() throws -> GuestMessage {
        while true {
            try connection.flush()
            if let message = try connection.next() { return message }
            try connection.receive()
            if let message = try connection.next() { return message }
            if connection.hasEnded { throw LaunchError.notRunning(name) }
            var set = PollSet()
            set.add(connection.descriptor, connection.events)
            if try !set.wait(timeout: Self.patience) { throw Self.silent(name) }
        }
    }

    /// Sends what waits, as long as the other side does not take it.
    func makeRoom() throws {
        try connection.flush()
        while !connection.hasRoom {
            if connection.hasEnded { throw LaunchError.notRunning(name) }
            var set = PollSet()
            set.add(connection.descriptor, CInt(POLLOUT))
            if try !set.wait(timeout: Self.patience) { throw Self.silent(name) }
            try connection.flush()
        }
    }
}

/// Texts of a guest's.
enum GuestText {
    /// A text as one line that does no harm to a terminal.
    static func shown(_ text: String) -> String { printable(text, limit: .max, replacement: " ") }
}
