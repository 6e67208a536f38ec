import AgentProtocol
import Glibc
import LinuxSystem

/// The standard input of a process in a guest, read from a descriptor of the host as far as the process takes it.
final class GuestInput {
    private let source: OwnedDescriptor
    private var credit = SendCredit()
    private var isOpen = true
    private var keys: DetachKeys
    private var place = -1
    /// Whether the keys that detach were typed.
    private(set) var userHasLeft = false

    /// - Parameter keys: that detach.
    init(_ source: consuming OwnedDescriptor, _ keys: DetachKeys = DetachKeys([])) {
        self.source = consume source
        self.keys = keys
    }

    /// What was read.
    enum Piece {
        case bytes([UInt8])
        /// There is no more.
        case end
        /// Nothing is there now.
        case none
    }

    /// Takes credit of the guest's.
    func grant(_ bytes: UInt32) { credit.grant(bytes) }

    /// The process takes no more.
    func close() { isOpen = false }

    /// Adds what it waits for.
    func watch(_ set: inout PollSet, hasRoom: Bool) {
        place = set.add(isOpen && hasRoom && credit.available > 0 ? source.number : -1, CInt(POLLIN))
    }

    /// Reads what is there, as far as the process has room.
    ///
    /// - Parameter set: what was waited for; without it nothing is read.
    func advance(_ set: PollSet?) -> Piece {
        // Keys that were held back come on top of what is read.
        let room = credit.allowed(AgentLimits.data) - keys.held
        guard isOpen, room > 0, set?.isReady(place) == true else { return .none }
        var failed = false
        // `room` bytes are there to be filled.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { memory, count in
            let got = unsafe read(source.number, memory.baseAddress, room)
            failed = got < 0 && (errno == EAGAIN || errno == EINTR)
            count = max(got, 0)
        }
        if failed { return .none }
        if bytes.isEmpty {
            isOpen = false
            return .end
        }
        let (passed, detaches) = keys.take(bytes[...])
        if detaches {
            isOpen = false
            userHasLeft = true
        }
        credit.spend(min(passed.count, Int(credit.available)))
        return .bytes(passed)
    }
}
