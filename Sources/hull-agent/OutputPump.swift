import AgentProtocol
import Glibc
import LinuxSystem

/// A process's output on its way to the host.
final class OutputPump {
    let stream: OutputStream
    private var source: OwnedDescriptor?
    private var credit = SendCredit()
    private var place = -1
    private var isWide = false

    /// Room in the pipe of a process that writes much, in bytes.
    private static let pipeSize: CInt = 256 << 10

    init(_ stream: OutputStream, _ source: consuming OwnedDescriptor) {
        self.stream = stream
        self.source = consume source
    }

    /// Nothing comes any more.
    var hasEnded: Bool { source == nil }

    /// For poll(2); -1, which it leaves out, where nothing is wanted now.
    var descriptor: CInt {
        guard credit.available > 0 else { return -1 }
        return number
    }

    /// Adds what it waits for.
    func watch(_ set: inout PollSet, hasRoom: Bool) { place = set.add(hasRoom ? descriptor : -1, CInt(POLLIN)) }

    /// Whether something is there, by what was waited for.
    func isReady(_ set: PollSet) -> Bool { set.isReady(place) }

    private var number: CInt {
        switch source {
        case .some(let source): source.number
        case .none: -1
        }
    }

    /// Counts for a new host.
    func restart() { credit = SendCredit() }

    func grant(_ bytes: UInt32) { credit.grant(bytes) }

    /// Reads what is there, as far as the host has room.
    ///
    /// - Parameter isLast: the process has ended, so what is not there now never comes.
    /// - Returns: bytes; none where that was all for now.
    func read(isLast: Bool) -> [UInt8] {
        let room = credit.allowed(AgentLimits.data)
        guard room > 0, number >= 0 else { return [] }
        // `room` bytes are there to be filled.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { memory, count in
            let got = unsafe Glibc.read(number, memory.baseAddress, room)
            count = max(got, 0)
            // EIO is how a terminal ends whose last process is gone.
            let waits = got < 0 && (errno == EAGAIN || errno == EINTR)
            if got == 0 || got < 0 && (!waits || isLast) { source = nil }
        }
        // Each way into the guest's kernel costs as much as a hundred kilobytes: who fills a pipe gets a longer one.
        if bytes.count == AgentLimits.data, !isWide {
            isWide = true
            widen()
        }
        credit.spend(bytes.count)
        return bytes
    }

    private func widen() {
        switch source {
        case .some(let source): source.setPipeSize(Self.pipeSize)
        case .none: break
        }
    }
}
