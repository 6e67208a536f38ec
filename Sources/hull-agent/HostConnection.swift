import AgentProtocol
import CLinux
import Glibc
import LinuxSystem
import Wire

/// The stream to the host, with messages in both directions. Neither way blocks.
struct HostConnection: ~Copyable {
    private let socket: OwnedDescriptor
    private var decoder = MessageDecoder<HostMessage>()
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// The host has closed the stream.
    private(set) var hasEnded = false

    /// How much may wait to be sent before processes' output is no longer read.
    private static let waitingLimit = 512 << 10

    /// Connects to the host and says who speaks.
    static func open() throws(SystemError) -> HostConnection {
        let number = try systemCall("connect", "the host's port \(AgentLimits.port)") {
            linux_vsock_connect(2, AgentLimits.port)
        }
        var connection = HostConnection(OwnedDescriptor(owning: number))
        try connection.socket.setNonBlocking()
        connection.send(
            .hello(
                oldest: AgentLimits.versions.lowerBound, newest: AgentLimits.versions.upperBound, build: "hull-agent"))
        return connection
    }

    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    /// For poll(2).
    var descriptor: CInt { socket.number }
    /// What to wait for.
    var events: CInt { CInt(POLLIN) | (outgoing.isEmpty ? 0 : CInt(POLLOUT)) }
    /// Whether there is room for processes' output.
    var hasRoom: Bool { outgoing.count - sent < Self.waitingLimit }

    /// Puts a message behind those that wait.
    mutating func send(_ message: GuestMessage) { outgoing.append(contentsOf: message.frame) }

    /// Sends what waits, as far as it goes.
    mutating func flush() throws(SystemError) {
        while sent < outgoing.count {
            do throws(SystemError) {
                // From `sent` on there are as many bytes as are named.
                sent += try systemCall("write", "the host") {
                    unsafe outgoing.withUnsafeBytes {
                        unsafe write(socket.number, $0.baseAddress?.advanced(by: sent), $0.count - sent)
                    }
                }
            } catch {
                if error.number == EAGAIN { return }
                throw error
            }
        }
        outgoing.removeAll(keepingCapacity: true)
        sent = 0
    }

    /// Reads what is there.
    mutating func receive() throws(SystemError) {
        do throws(SystemError) {
            let count = try systemCall("read", "the host") {
                unsafe buffer.withUnsafeMutableBytes { unsafe read(socket.number, $0.baseAddress, $0.count) }
            }
            if count == 0 { hasEnded = true }
            decoder.append(buffer[..<count])
        } catch {
            if error.number != EAGAIN { throw error }
        }
    }

    /// The next message of the host.
    mutating func next() throws(WireError) -> HostMessage? { try decoder.next() }
}
