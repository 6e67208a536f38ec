import CLinux
import Glibc
import LinuxSystem

/// The two ends of a socket pair over which messages go, one packet each (unix(7), SOCK_SEQPACKET). Both are
/// close-on-exec: the end of the stream without a word tells the parent that execve(2) succeeded.
enum Channel {
    /// Most descriptors that come with a packet.
    static let maximumDescriptors = 16

    /// Makes the pair: parent's end, child's end.
    static func make() throws(SystemError) -> (parent: CInt, child: CInt) {
        var ends: (CInt, CInt) = (-1, -1)
        let type = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        // Two integers beside each other are the array of two that the call fills in.
        try systemCall("socketpair") {
            unsafe withUnsafeMutableBytes(of: &ends) { room in
                unsafe socketpair(AF_UNIX, type, 0, room.baseAddress?.assumingMemoryBound(to: CInt.self))
            }
        }
        return ends
    }

    /// Sends one message, with a descriptor where it has one.
    static func send(_ message: Message, _ socket: CInt, descriptor: CInt? = nil) throws(SystemError) {
        try send(message.bytes, socket, descriptors: descriptor.map { [$0] } ?? [])
    }

    /// Sends one packet.
    static func send(_ bytes: [UInt8], _ socket: CInt, descriptors: [CInt]) throws(SystemError) {
        var descriptors = descriptors
        try systemCall("sendmsg", "handshake") {
            unsafe bytes.withUnsafeBytes { part in
                unsafe linux_send_fds(socket, part.baseAddress, part.count, &descriptors, CInt(descriptors.count))
            }
        }
    }

    /// Receives one message; nil when the other end is closed. A descriptor that comes with it is the caller's.
    static func receive(_ socket: CInt) throws(SystemError) -> (message: Message, descriptor: CInt?)? {
        guard let packet = try receive(socket, limit: Message.maximumSize, descriptors: 1) else { return nil }
        guard let message = Message(packet.bytes) else {
            for descriptor in packet.descriptors { close(descriptor) }
            throw SystemError("recvmsg", "handshake", number: EPROTO)
        }
        return (message, packet.descriptors.first)
    }

    /// Receives one packet; nil when the other end is closed. Descriptors that come with it are the caller's.
    ///
    /// - Parameters:
    ///   - limit: the longest packet, in bytes.
    ///   - descriptors: how many come with it, at most; further ones are closed.
    static func receive(
        _ socket: CInt, limit: Int, descriptors room: Int
    ) throws(SystemError) -> (bytes: [UInt8], descriptors: [CInt])? {
        var descriptors = [CInt](repeating: -1, count: room)
        var count: CInt = 0
        var failure: SystemError?
        // `limit` bytes are there to be filled.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { memory, length in
            do throws(SystemError) {
                length = try systemCall("recvmsg", "handshake") {
                    count = CInt(room)
                    return unsafe linux_receive_fds(socket, memory.baseAddress, limit, &descriptors, &count, 0)
                }
            } catch {
                failure = error
            }
        }
        // A peer that died with unread packets resets the connection; it is gone all the same.
        if let failure, failure.number != ECONNRESET { throw failure }
        return bytes.isEmpty ? nil : (bytes, Array(descriptors.prefix(Int(count))))
    }
}
