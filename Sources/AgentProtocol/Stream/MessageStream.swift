import Glibc
import LinuxSystem
import Wire

/// A stream socket with messages in both directions. Neither way blocks.
public final class MessageStream<Incoming: AgentMessage, Outgoing: AgentMessage> {
    private let socket: OwnedDescriptor
    private let peer: String
    private var decoder = MessageDecoder<Incoming>()
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)
    /// The other side has closed the stream.
    public private(set) var hasEnded = false

    /// How much may wait to be sent before processes' bytes are no longer taken.
    private static var waitingLimit: Int { 256 << 10 }
    /// How much is read at once from a side that sends much. At first it is less: in a guest each page that is touched is dear.
    private static var bufferLimit: Int { 128 << 10 }

    /// Takes a connected socket.
    ///
    /// - Parameter peer: what the other side is called in errors.
    public init(_ socket: consuming OwnedDescriptor, peer: String) throws(SystemError) {
        try socket.setNonBlocking()
        self.socket = socket
        self.peer = peer
    }

    /// For poll(2).
    public var descriptor: CInt { socket.number }
    /// What to wait for.
    public var events: CInt { CInt(POLLIN) | (outgoing.isEmpty ? 0 : CInt(POLLOUT)) }
    /// Whether there is room for processes' bytes.
    public var hasRoom: Bool { outgoing.count - sent < Self.waitingLimit }

    /// Puts a message behind those that wait.
    public func send(_ message: Outgoing) { outgoing.append(contentsOf: message.frame) }

    /// Sends what waits, as far as it goes. To a side that is gone nothing can be sent: `hasEnded` tells.
    public func flush() throws(SystemError) {
        while sent < outgoing.count {
            do throws(SystemError) {
                // From `sent` on there are as many bytes as are named.
                sent += try systemCall("send", peer) {
                    unsafe outgoing.withUnsafeBytes {
                        unsafe Glibc.send(
                            socket.number, $0.baseAddress?.advanced(by: sent), $0.count - sent,
                            CInt(MSG_NOSIGNAL))
                    }
                }
            } catch {
                if error.number == EAGAIN { return forgetSent() }
                if Self.isEnd(error) { hasEnded = true } else { throw error }
                break
            }
        }
        outgoing.removeAll(keepingCapacity: true)
        sent = 0
    }

    /// Where the other side is never quick enough for all of it, what was sent must go all the same.
    private func forgetSent() {
        guard sent >= Self.waitingLimit else { return }
        outgoing.removeFirst(sent)
        sent = 0
    }

    /// Reads what is there.
    public func receive() throws(SystemError) {
        do throws(SystemError) {
            let count = try systemCall("read", peer) {
                unsafe buffer.withUnsafeMutableBytes { unsafe read(socket.number, $0.baseAddress, $0.count) }
            }
            if count == 0 { hasEnded = true }
            decoder.append(buffer[..<count])
            if count == buffer.count, count < Self.bufferLimit {
                buffer = [UInt8](repeating: 0, count: Self.bufferLimit)
            }
        } catch {
            if Self.isEnd(error) { hasEnded = true } else if error.number != EAGAIN { throw error }
        }
    }

    /// The next message of the other side; nil until it is there whole.
    public func next() throws(WireError) -> Incoming? { try decoder.next() }

    private static func isEnd(_ error: SystemError) -> Bool {
        [EPIPE, ECONNRESET, ENOTCONN, ESHUTDOWN].contains(error.number)
    }
}
