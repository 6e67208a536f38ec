import CKVM
import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Brings a processor's thread back from the guest, or out of its sleep, from any other thread.
public final class ProcessorKick: Sendable {
    private let wake: EventDescriptor
    private let thread = Atomic<pid_t>(0)
    private let asleep = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)

    /// Makes one; the signal's handler is installed for the process.
    public init() throws(SystemError) {
        wake = try EventDescriptor()
        try systemCall("sigaction", "the kick of processors") { ckvm_kick_install() }
    }

    /// The calling thread is the processor's from here on.
    public func adopt() {
        thread.store(linux_gettid(), ordering: .sequentiallyConsistent)
        // A thread begins with the mask of whoever made it. It fails for no valid mask.
        _ = ckvm_kick_mask(0)
    }

    /// The processor's thread is about to end.
    public func release() {
        thread.store(0, ordering: .sequentiallyConsistent)
    }

    /// Brings the processor's thread back. What it is to find is to be there before.
    public func send() {
        if asleep.load(ordering: .sequentiallyConsistent) {
            wake.signal()
        } else {
            let number = thread.load(ordering: .sequentiallyConsistent)
            // A thread that has just ended is no fault.
            if number != 0 { _ = ckvm_kick(number) }
        }
    }

    /// Has the processor end. Only the first call kicks: these signals queue, and a thread that gets them without end
    /// comes to nothing else.
    public func stop() {
        if stopping.exchange(true, ordering: .sequentiallyConsistent) { return }
        send()
    }

    /// Whether the processor is to end.
    public var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Sleeps until a kick, or for so many nanoseconds; the processor's thread only.
    ///
    /// - Parameters:
    ///   - nanoseconds: nil: without end.
    ///   - ready: whether there is something to do already; asked once sleep has been announced, so no kick is lost.
    public func sleep(_ nanoseconds: UInt64?, unless ready: () -> Bool) throws(SystemError) {
        asleep.store(true, ordering: .sequentiallyConsistent)
        defer { asleep.store(false, ordering: .sequentiallyConsistent) }
        if ready() || isStopping { return }
        let count = ckvm_wait(wake.number, nanoseconds.map { Int64(clamping: $0) } ?? -1)
        if count < 0, errno != EINTR { throw .last("ppoll", "the sleep of a processor") }
        if count > 0 { wake.drain() }
    }
}
