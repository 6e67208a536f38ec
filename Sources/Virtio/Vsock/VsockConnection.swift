import Glibc
import GuestMemory
import LinuxSystem

/// The two ports that tell one connection of a guest from another.
struct VsockPorts: Hashable {
    var guest: UInt32
    var host: UInt32
}

/// A stream between a program in the guest and a socket of the host.
final class VsockConnection {
    /// The token of its socket; never used twice.
    let number: UInt64
    let ports: VsockPorts
    let socket: OwnedDescriptor

    /// How far it has come.
    enum Phase {
        /// The guest was asked and has not answered. `greets`: the client is told by a line when it does.
        case requested(greets: Bool)
        case established
    }
    var phase: Phase

    // Guest to host.
    /// Bytes of the guest that the socket has not taken yet; at most `bufferSize`.
    private(set) var outgoing: [UInt8] = []
    private var outgoingStart = 0
    /// Bytes that were handed on, and how many of them the guest knows of; both run through all 32-bit values.
    private(set) var forwarded: UInt32 = 0
    private var announced: UInt32 = 0
    /// What the guest has ended.
    var endedByGuest: VsockShutdown = []

    // Host to guest.
    private var peerBufferSize: UInt32
    private var peerForwarded: UInt32
    private var sent: UInt32 = 0
    /// What the host has ended: it sends no more, or takes no more.
    var endedByHost: VsockShutdown = []
    /// What of that the guest was told.
    private var announcedEnd: VsockShutdown = []

    /// Packets that the guest is to get.
    struct Pending: OptionSet {
        let rawValue: UInt8
        static let request = Pending(rawValue: 1)
        static let response = Pending(rawValue: 2)
        static let creditUpdate = Pending(rawValue: 4)
        static let creditRequest = Pending(rawValue: 8)
        static let reset = Pending(rawValue: 16)
    }
    var pending: Pending
    /// Whether the guest was asked for credit, which it has not given yet.
    var hasAskedForCredit = false
    /// Whether the socket may have data.
    var mayHaveData = false
    /// Whether it is in the device's list of those that have something for the guest.
    var isQueued = false
    /// What the socket is watched for.
    var watched: Readiness = []

    /// How much the host takes from the guest without having handed it on.
    static let bufferSize: UInt32 = 256 << 10

    init(
        number: UInt64, _ ports: VsockPorts, _ socket: consuming OwnedDescriptor, _ phase: Phase,
        _ pending: Pending, peerBufferSize: UInt32 = 0, peerForwarded: UInt32 = 0
    ) {
        self.number = number
        self.ports = ports
        self.socket = socket
        self.phase = phase
        self.pending = pending
        self.peerBufferSize = peerBufferSize
        self.peerForwarded = peerForwarded
    }

    var isEstablished: Bool {
        if case .established = phase { true } else { false }
    }

    // MARK: - Credit

    /// Takes what a packet of the guest says of its buffer.
    func update(peerBufferSize: UInt32, peerForwarded: UInt32) {
        self.peerBufferSize = peerBufferSize
        self.peerForwarded = peerForwarded
        if credit > 0 { hasAskedForCredit = false }
    }

    /// How many bytes the guest can take. A guest that counts wrong gets nothing.
    var credit: UInt32 {
        let underway = sent &- peerForwarded
        return underway < peerBufferSize ? peerBufferSize - underway : 0
    }

    /// Counts bytes that were sent to the guest.
    func countSent(_ count: UInt32) { sent &+= count }

    /// A packet to the guest, with this connection's numbers.
    func header(_ operation: VsockOperation, guestCID: UInt32) -> VsockHeader {
        var header = VsockHeader(toGuest: guestCID, from: ports.host, to: ports.guest, operation)
        header.bufferSize = Self.bufferSize
        header.forwarded = forwarded
        announced = forwarded
        pending.remove(.creditUpdate)
        return header
    }

    // MARK: - Ends

    /// The directions whose end the guest is still to be told of, together with those that it knows.
    var shutdownToSend: VsockShutdown? {
        isEstablished && !endedByHost.isSubset(of: announcedEnd) ? endedByHost : nil
    }

    /// The guest was told.
    func didSend(_ shutdown: VsockShutdown) { announcedEnd.formUnion(shutdown) }

    /// Whether the guest has ended both directions, and all that it sent was handed on.
    var isFinishedByGuest: Bool { endedByGuest == [.receive, .send] && outgoingCount == 0 }

    // MARK: - Guest to host

    /// Bytes that wait.
    var outgoingCount: Int { outgoing.count - outgoingStart }

    /// How many more bytes fit.
    var room: Int { Int(Self.bufferSize) - outgoingCount }

    /// Takes data of a packet in the queue's chain: hands on what the socket takes, keeps the rest.
    ///
    /// - Parameter count: at most `room`.
    func take(_ queue: VirtQueue, at offset: UInt64, count: UInt64) throws(VirtioError) {
        if endedByHost.contains(.receive) { return didForward(Int(count)) }
        var done: UInt64 = 0
        if outgoingCount == 0 {
            queue.vectors.removeAll()
            try queue.chain.appendReadable(at: offset, count: count, to: &queue.vectors)
            do throws(SystemError) {
                done = UInt64(try queue.vectors.write(to: socket.number, "vsock"))
            } catch {
                if error.number != EAGAIN { return hostTakesNoMore(Int(count)) }
            }
            didForward(Int(done))
        }
        if done < count { try queue.chain.read(to: &outgoing, at: offset + done, count: count - done) }
    }

    /// Tells the host's program a line, before anything else goes to it. A fresh socket has room for it.
    func greet(_ line: String) {
        let bytes = Array(line.utf8)
        // The array has as many bytes as are named.
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(socket.number, $0.baseAddress, $0.count) }
        if count != bytes.count { endedByHost.insert(.receive) }
    }

    /// Hands on what waits.
    func flush() {
        while outgoingCount > 0 {
            do throws(SystemError) {
                // From `outgoingStart` on there are `outgoingCount` bytes.
                let count = try systemCall("write", "vsock") {
                    unsafe outgoing.withUnsafeBytes {
                        unsafe Glibc.write(socket.number, $0.baseAddress?.advanced(by: outgoingStart), outgoingCount)
                    }
                }
                outgoingStart += count
                didForward(count)
            } catch {
                if error.number == EAGAIN { break }
                return hostTakesNoMore(outgoingCount)
            }
        }
        if outgoingCount == 0 {
            outgoing.removeAll(keepingCapacity: outgoing.capacity <= 16 << 10)
            outgoingStart = 0
        } else if outgoingStart > Int(Self.bufferSize) {
            outgoing.removeFirst(outgoingStart)
            outgoingStart = 0
        }
        if outgoingCount == 0, endedByGuest.contains(.send) { shutdown(socket.number, CInt(SHUT_WR)) }
    }

    /// The socket's other end is gone, or reads no more: what the guest sends is dropped.
    private func hostTakesNoMore(_ dropped: Int) {
        endedByHost.insert(.receive)
        outgoing = []
        outgoingStart = 0
        didForward(dropped)
    }

    private func didForward(_ count: Int) {
        forwarded &+= UInt32(truncatingIfNeeded: count)
        // Half of the buffer at a time: a packet for each read of the host would cost as many as the data itself.
        if forwarded &- announced >= Self.bufferSize / 2 { pending.insert(.creditUpdate) }
    }
}
