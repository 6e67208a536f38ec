import LinuxSystem
import MachineMonitor
import Synchronization

/// A processor as all threads know it: how it is brought back, whether it is up, and what others want of it.
final class ProcessorHandle: Sendable {
    /// Its number in the machine.
    let index: Int
    let kick: ProcessorKick
    let gate: ProcessorGate
    /// Where time is told beside the processor's own structure; a physical address that was checked.
    let timePlace = Mutex<UInt64?>(nil)
    private let information: Atomic<UInt64>
    private let life: Mutex<Life>
    private let up: Atomic<Bool>
    private let isInside = Atomic<Bool>(false)
    private let isToFlush = Atomic<Bool>(false)

    private struct Life {
        var isInitialised: Bool
        var context: ProcessorContext?
    }

    /// - Parameters:
    ///   - information: where its structure lies at first.
    ///   - isUp: the first processor is; the kernel starts the others.
    init(index: Int, information: UInt64, isUp: Bool) throws(SystemError) {
        self.index = index
        kick = try ProcessorKick()
        gate = try ProcessorGate(kick)
        self.information = Atomic(information)
        life = Mutex(Life(isInitialised: isUp))
        up = Atomic(isUp)
    }

    /// Where the processor's own structure (struct vcpu_info) lies, in memory that was checked.
    var informationPlace: UInt64 {
        get { information.load(ordering: .sequentiallyConsistent) }
        set { information.store(newValue, ordering: .sequentiallyConsistent) }
    }

    // MARK: - Up and down

    /// Whether it is to run.
    var isUp: Bool { up.load(ordering: .sequentiallyConsistent) }

    /// Tells with what the processor is to begin, once.
    func initialise(_ context: ProcessorContext) throws(HypercallError) {
        try life.withLock { (life) throws(HypercallError) in
            if life.isInitialised { throw .exists }
            life = Life(isInitialised: true, context: context)
        }
    }

    /// Has it run, for the first time or on from where it was.
    func start() throws(HypercallError) {
        guard life.withLock({ $0.isInitialised }) else { throw .invalid }
        up.store(true, ordering: .sequentiallyConsistent)
        kick.send()
    }

    /// Has it rest.
    func rest() {
        up.store(false, ordering: .sequentiallyConsistent)
        kick.send()
    }

    /// Whether it has been told with what to begin.
    var isInitialised: Bool { life.withLock { $0.isInitialised } }

    /// Whether it is to begin, and has not yet.
    var hasContext: Bool { life.withLock { $0.context != nil } }

    /// Goes on as one that was copied.
    func restore(_ state: XenProcessorState) {
        informationPlace = state.informationPlace
        timePlace.withLock { $0 = state.timePlace }
        life.withLock { $0.isInitialised = state.isInitialised }
        up.store(state.isUp, ordering: .sequentiallyConsistent)
    }

    /// With what it is to begin: given out once.
    func takeContext() -> ProcessorContext? { life.withLock { $0.context.take() } }

    // MARK: - Translations

    /// The processor's thread is about to enter the guest.
    ///
    /// - Returns: false where all translations are to be forgotten first.
    func enter() -> Bool {
        isInside.store(true, ordering: .sequentiallyConsistent)
        if !isToFlush.load(ordering: .sequentiallyConsistent) { return true }
        // In this order: who waits for it sees the one or the other.
        isInside.store(false, ordering: .sequentiallyConsistent)
        isToFlush.store(false, ordering: .sequentiallyConsistent)
        return false
    }

    /// The processor's thread has left the guest.
    func leave() { isInside.store(false, ordering: .sequentiallyConsistent) }

    /// Has the processor forget its translations before it does anything more in the guest; from another's thread.
    func wantFlush() {
        isToFlush.store(true, ordering: .sequentiallyConsistent)
        if isInside.load(ordering: .sequentiallyConsistent) { kick.send() }
    }

    /// Whether it may still use what it was to forget.
    var isFlushDue: Bool {
        isToFlush.load(ordering: .sequentiallyConsistent) && isInside.load(ordering: .sequentiallyConsistent)
    }
}
