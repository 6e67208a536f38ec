import Glibc
import LinuxSystem

/// One client of a supervisor. What it cannot take yet waits; while anything waits, the supervisor reads no more of the
/// workload's output.
final class Client {
    /// Packets of standard input that a client may have under way.
    static let inputPackets = 2

    private let socket: OwnedDescriptor
    private var queue: [[UInt8]] = []
    /// What it wants; nil until it says so.
    private(set) var hello: Frame.Hello?
    /// Whether the other side has closed the connection, or broke the protocol.
    private(set) var isGone = false
    /// Packets of standard input that it may send now.
    private var credit = 0

    /// - Parameter hello: what it wants, where that is known before it says so.
    init(_ socket: consuming OwnedDescriptor, _ hello: Frame.Hello? = nil) {
        self.socket = socket
        self.hello = hello
    }

    /// To be polled.
    var descriptor: CInt { socket.number }
    /// Whether something waits for room.
    var isBehind: Bool { !queue.isEmpty }

    /// Sends a packet of output, where the client wants it.
    func sendOutput(_ packet: ArraySlice<UInt8>) {
        if hello?.wantsOutput == true { send(packet) }
    }

    /// Sends a frame.
    func send(_ frame: Frame) { send(frame.bytes[...]) }

    /// Lets the client send one more packet of standard input.
    func grantInput() {
        credit += 1
        send(.wantsInput)
    }

    private func send(_ packet: ArraySlice<UInt8>) {
        if isGone { return }
        if isBehind || !attempt(packet) { queue.append(Array(packet)) }
    }

    /// Sends what waits, as far as there is room.
    func flush() {
        var sent = 0
        while sent < queue.count, attempt(queue[sent][...]) { sent += 1 }
        queue.removeFirst(min(sent, queue.count))
    }

    private func attempt(_ packet: ArraySlice<UInt8>) -> Bool {
        do throws(SystemError) {
            return try FrameSocket.send(packet, to: socket.number, waits: false)
        } catch {
            leave()
            return true
        }
    }

    private func leave() {
        isGone = true
        queue = []
    }

    /// Waits until the client tells that the container's record is written.
    ///
    /// - Returns: false where it was killed before that.
    func waitForRecord(_ buffer: inout [UInt8]) throws(SystemError) -> Bool {
        let count = try FrameSocket.receive(from: socket.number, into: &buffer, waits: true) ?? 0
        return Frame(buffer[..<count]) == .recorded
    }

    /// The next frame; nil where there is none now, or never again.
    func receive(_ buffer: inout [UInt8]) -> Frame? {
        let count: Int?
        do throws(SystemError) {
            count = try FrameSocket.receive(from: socket.number, into: &buffer, waits: false)
        } catch {
            leave()
            return nil
        }
        guard let count else { return nil }
        guard count > 0, let frame = Frame(buffer[..<count]), accepts(frame) else {
            leave()
            return nil
        }
        return frame
    }

    /// Whether a client may say this now.
    private func accepts(_ frame: Frame) -> Bool {
        switch frame {
        case .hello(let hello):
            if self.hello != nil { return false }
            self.hello = hello
            return true
        case .stdin:
            credit -= 1
            return credit >= 0
        case .stdinEnd: return hello?.writesInput == true
        case .resize, .signal, .save: return true
        case .recorded, .wantsInput, .stdout, .stderr, .started, .failed, .warning, .exited, .saved, .refused:
            return false
        }
    }
}
