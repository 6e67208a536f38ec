import Glibc
import LinuxSystem
import Synchronization

/// Holds a processor still from another thread. The processor's own thread waits between two instructions of the guest, and
/// there tells its state when it is asked.
public final class ProcessorGate: Sendable {
    private enum Wish: UInt64 {
        case run, hold, save
    }

    /// What is wished, in the two lowest bits, and above them a number: the same wish again is another.
    private let wish = Atomic<UInt64>(Wish.run.rawValue)
    private let isGone = Atomic<Bool>(false)
    private let answer = Mutex<Result<[UInt8], MachineError>?>(nil)
    private let answered: EventDescriptor
    private let kick: ProcessorKick

    /// How long a processor may take to come to the gate, in milliseconds: it can be in the midst of a call of the host's.
    private static let patience: CInt = 10_000

    /// Makes the gate of the processor that a kick belongs to; it stands open.
    public init(_ kick: ProcessorKick) throws(SystemError) {
        self.kick = kick
        answered = try EventDescriptor()
    }

    private var current: UInt64 { wish.load(ordering: .sequentiallyConsistent) }

    private static func kind(_ wish: UInt64) -> Wish { Wish(rawValue: wish & 3) ?? .run }

    // MARK: - Others' side, one thread at a time

    /// Has the processor stand still, and waits until it does.
    public func close() throws(MachineError) { _ = try ask(.hold) }

    /// The state of a processor that stands still.
    public func save() throws(MachineError) -> [UInt8] { try ask(.save) }

    /// Lets the processor go on.
    public func open() {
        change(to: .run)
    }

    private func change(to wanted: Wish) {
        // Others' side is one thread at a time.
        wish.store((current & ~3) &+ 4 | wanted.rawValue, ordering: .sequentiallyConsistent)
        kick.send()
    }

    private func ask(_ wanted: Wish) throws(MachineError) -> [UInt8] {
        answered.drain()
        answer.withLock { $0 = nil }
        change(to: wanted)
        if isGone.load(ordering: .sequentiallyConsistent) { throw .snapshot("the machine has ended") }
        var poll = PollSet()
        poll.add(answered.number, CInt(POLLIN))
        let isAnswered = try MachineError.system { () throws(SystemError) in try poll.wait(timeout: Self.patience) }
        if let result = answer.withLock({ $0 }) { return try result.get() }
        open()
        if isGone.load(ordering: .sequentiallyConsistent) { throw .snapshot("the machine has ended") }
        throw .snapshot(isAnswered ? "the wait for a processor was interrupted" : "a processor could not be stopped")
    }

    // MARK: - The processor's side

    /// Whether the processor is to come to `stand`.
    public var isClosed: Bool { Self.kind(current) != .run }

    /// Stands still until the gate is opened, or the machine is to end.
    ///
    /// - Parameter save: the processor's state.
    public func stand(_ save: () throws(MachineError) -> [UInt8]) throws(SystemError) {
        var wanted = current
        while Self.kind(wanted) != .run, !kick.isStopping {
            reply(
                Self.kind(wanted) == .save
                    ? Result { () throws(MachineError) in try save() } : .success([]))
            // Kicks of devices wake it, too.
            while current == wanted, !kick.isStopping {
                try kick.sleep(nil) { [wanted] in current != wanted }
            }
            wanted = current
        }
    }

    /// No processor comes to the gate any more.
    public func leave() {
        isGone.store(true, ordering: .sequentiallyConsistent)
        answered.signal()
    }

    private func reply(_ result: Result<[UInt8], MachineError>) {
        answer.withLock { $0 = result }
        answered.signal()
    }
}
