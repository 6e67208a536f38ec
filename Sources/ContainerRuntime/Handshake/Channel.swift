import CLinux
import Glibc
import LinuxSystem

/// The two ends of a socket pair over which messages go, one packet each (unix(7), SOCK_SEQPACKET). Both are
/// close-on-exec: the end of the stream without a word tells the parent that execve(2) succeeded.
enum Channel {
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
        let bytes = message.bytes
        var descriptors = descriptor.map { [$0] } ?? []
        try systemCall("sendmsg", "handshake") {
            unsafe bytes.withUnsafeBytes { part in
                unsafe linux_send_fds(socket, part.baseAddress, part.count, &descriptors, CInt(descriptors.count))
            }
        }
    }

    /// Receives one message; nil when the other end is closed. A descriptor that comes with it is the caller's.
    static func receive(_ socket: CInt) throws(SystemError) -> (message: Message, descriptor: CInt?)? {
        var buffer = [UInt8](repeating: 0, count: Message.maximumSize)
        var descriptor: CInt = -1
        var count: CInt = 1
        let length: Int
        do throws(SystemError) {
            length = try systemCall("recvmsg", "handshake") {
                unsafe buffer.withUnsafeMutableBytes { room in
                    count = 1
                    return unsafe linux_receive_fds(socket, room.baseAddress, room.count, &descriptor, &count, 0)
                }
            }
        } catch {
            // A peer that died with unread packets resets the connection; it is gone all the same.
            if error.number == ECONNRESET { return nil }
            throw error
        }
        if length == 0 { return nil }
        guard let message = Message(Array(buffer.prefix(length))) else {
            if count > 0 { close(descriptor) }
            throw SystemError("recvmsg", "handshake", number: EPROTO)
        }
        return (message, count > 0 ? descriptor : nil)
    }
}
