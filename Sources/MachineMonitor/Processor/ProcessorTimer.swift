import CKVM
import CLinux
import Glibc
import LinuxSystem

/// A timer that kicks the thread which made it. It fires once each time that it is set.
@safe public struct ProcessorTimer: ~Copyable, @unchecked Sendable {
    /// The kernel's name for the timer; no pointer to memory of ours.
    private let timer: UnsafeMutableRawPointer?

    /// Makes a timer for the calling thread.
    public init() throws(SystemError) {
        var made: UnsafeMutableRawPointer?
        // One pointer's room for the name.
        try systemCall("timer_create", "a processor's timer") { unsafe ckvm_timer_create(linux_gettid(), &made) }
        unsafe timer = made
    }

    deinit { unsafe ckvm_timer_delete(timer) }

    /// Fires in so many nanoseconds, at least one.
    public func set(in nanoseconds: UInt64) {
        // It fails only for a name that is none.
        _ = unsafe ckvm_timer_set(timer, max(nanoseconds, 1))
    }

    /// Fires no more.
    public func cancel() { _ = unsafe ckvm_timer_set(timer, 0) }
}
