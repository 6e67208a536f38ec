import Glibc
import LinuxSystem

/// A program of the host that has connected to the device's Unix socket and is to say which port of the guest it wants:
/// `CONNECT PORT\n`.
final class VsockClient {
    /// The token of its socket; never used twice.
    let number: UInt64
    private var socket: OwnedDescriptor?
    private var line: [UInt8] = []

    /// The longest line.
    private static let lineLimit = 32

    init(number: UInt64, _ socket: consuming OwnedDescriptor) {
        self.number = number
        self.socket = consume socket
    }

    /// What has become of it.
    enum Progress {
        /// The line is not complete.
        case waits
        case wants(port: UInt32)
        /// It has gone, or said something else.
        case gone
    }

    /// Gives the socket up.
    func takeSocket() -> OwnedDescriptor? { socket.take() }

    var descriptor: CInt {
        switch socket {
        case .some(let socket): socket.number
        case .none: -1
        }
    }

    /// Reads as far as the line goes, and not a byte further: the rest is for the guest.
    func read() -> Progress {
        while line.count < Self.lineLimit {
            var byte: UInt8 = 0
            let count = unsafe Glibc.read(descriptor, &byte, 1)
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .waits : .gone }
            if count == 0 { return .gone }
            if byte == UInt8(ascii: "\n") { return parse() }
            line.append(byte)
        }
        return .gone
    }

    private func parse() -> Progress {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 2, words[0].elementsEqual("CONNECT".utf8),
            let port = UInt32(String(decoding: words[1], as: UTF8.self))
        else { return .gone }
        return .wants(port: port)
    }
}
