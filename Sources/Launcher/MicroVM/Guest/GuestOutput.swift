import AgentProtocol
import Glibc
import LinuxSystem
import Wire

/// One stream of output of a process in a guest, on its way to a descriptor of the host.
final class GuestOutput {
    /// Which stream.
    let stream: OutputStream
    private let target: OwnedDescriptor
    private let blocks: Bool
    private var waiting: [UInt8] = []
    private var written = 0
    private var credit = ReceiveCredit()
    private var isLost = false
    private var place = -1

    /// What a pipe takes without waiting when poll(2) says that there is room (pipe(7), PIPE_BUF).
    private static let atomicWrite = 4096

    /// - Parameter blocks: whether writes to the target may wait; then as little is written at once as surely fits.
    init(_ stream: OutputStream, _ target: consuming OwnedDescriptor, blocks: Bool) {
        self.stream = stream
        self.target = consume target
        self.blocks = blocks
    }

    /// Sends what comes from now on nowhere.
    func silence() {
        // Without /dev/null the rest goes where it went.
        guard let null = try? OwnedDescriptor.open("/dev/null", O_WRONLY) else { return }
        dup2(null.number, target.number)
    }

    /// Whether nothing waits to be written.
    var isEmpty: Bool { waiting.isEmpty }

    /// Takes bytes of the guest.
    func take(_ bytes: [UInt8]) throws(WireError) {
        guard credit.receive(bytes.count) else { throw .invalid("output: no credit for it") }
        waiting.append(contentsOf: bytes)
    }

    /// Adds what it waits for.
    func watch(_ set: inout PollSet) { place = set.add(waiting.isEmpty ? -1 : target.number, CInt(POLLOUT)) }

    /// Writes what waits, as far as it goes.
    ///
    /// - Parameter set: what was waited for; without it nothing is done that might wait.
    /// - Returns: credit for the guest.
    func advance(_ set: PollSet?) -> UInt32? {
        var granted: UInt32?
        if waiting.isEmpty || blocks && set?.isReady(place) != true { return nil }
        while written < waiting.count {
            let count = write()
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            // Where nobody takes the output any more it goes nowhere, and the workload goes on.
            if count < 0 { isLost = true }
            let taken = isLost ? waiting.count - written : count
            written += taken
            if let more = credit.take(taken) { granted = (granted ?? 0) + more }
            if blocks { break }
        }
        if written == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            written = 0
        } else if written >= Int(AgentLimits.wideWindow) {
            // A reader that never takes all of it must not make this grow.
            waiting.removeFirst(written)
            written = 0
        }
        return granted
    }

    private func write() -> Int {
        if isLost { return 0 }
        // From `written` on there are as many bytes as are named.
        return unsafe waiting.withUnsafeBytes { bytes in
            let rest = bytes.count - written
            return unsafe Glibc.write(
                target.number, bytes.baseAddress?.advanced(by: written), blocks ? min(rest, Self.atomicWrite) : rest)
        }
    }
}
