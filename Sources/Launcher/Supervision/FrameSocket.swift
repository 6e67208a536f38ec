import CLinux
import Glibc
import LinuxSystem

/// Packets over a socket of kind SOCK_SEQPACKET.
enum FrameSocket {
    /// Sends a frame.
    ///
    /// - Returns: false where there is no room now (a call that may not wait).
    @discardableResult
    static func send(_ frame: Frame, to socket: CInt, waits: Bool) throws(SystemError) -> Bool {
        try send(frame.bytes[...], to: socket, waits: waits)
    }

    /// Sends a packet whose first byte is its tag.
    static func send(_ packet: ArraySlice<UInt8>, to socket: CInt, waits: Bool) throws(SystemError) -> Bool {
        let flags = CInt(MSG_NOSIGNAL) | (waits ? 0 : CInt(MSG_DONTWAIT))
        do throws(SystemError) {
            try systemCall("send") {
                // The slice is valid for the call.
                unsafe packet.withUnsafeBytes { unsafe Glibc.send(socket, $0.baseAddress, $0.count, flags) }
            }
        } catch {
            if error.number == EAGAIN || error.number == ENOBUFS { return false }
            throw error
        }
        return true
    }

    /// Takes the next packet into a buffer.
    ///
    /// - Returns: its length; nil where none is there yet. 0 is the end.
    static func receive(from socket: CInt, into buffer: inout [UInt8], waits: Bool) throws(SystemError) -> Int? {
        while true {
            do throws(SystemError) {
                return try systemCall("recv") {
                    // The buffer has the room that is named.
                    unsafe buffer.withUnsafeMutableBytes {
                        unsafe recv(socket, $0.baseAddress, $0.count, waits ? 0 : CInt(MSG_DONTWAIT))
                    }
                }
            } catch {
                if error.number == EAGAIN { return nil }
                // Told once where the other side left without reading all that we sent. What it sent comes after that.
                if error.number != ECONNRESET { throw error }
            }
        }
    }
}
