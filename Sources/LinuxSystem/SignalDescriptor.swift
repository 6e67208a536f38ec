import CLinux
import Glibc

/// Signals as something that can be polled (signalfd(2)). While it lives the signals are blocked.
public struct SignalDescriptor: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let previous: UInt64

    /// Readable when a signal waits.
    public var number: CInt { descriptor.number }

    /// Takes over these signals of the calling thread.
    public init(_ signals: [CInt]) throws(SystemError) {
        let mask = Self.mask(signals)
        let number = try systemCall("signalfd") { linux_signalfd(-1, mask, O_CLOEXEC | O_NONBLOCK) }
        descriptor = OwnedDescriptor(owning: number)
        var old: UInt64 = 0
        // It fails only for a mask that is not in memory.
        _ = unsafe linux_sigprocmask(SIG_BLOCK, mask, &old)
        previous = old
    }

    deinit {
        _ = linux_sigprocmask(SIG_SETMASK, previous, nil)
    }

    /// The next signal that waits; nil where none does.
    public borrowing func next() -> CInt? {
        let signal = linux_signalfd_read(descriptor.number)
        return signal > 0 ? signal : nil
    }

    private static func mask(_ signals: [CInt]) -> UInt64 {
        signals.reduce(0) { $0 | 1 << UInt64($1 - 1) }
    }
}
