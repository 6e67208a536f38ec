import Glibc
import Synchronization

/// When the machine was ready for its guest's first instruction, and what that had taken.
final class FirstInstruction: Sendable {
    /// Nanoseconds.
    private struct Moment {
        /// By CLOCK_MONOTONIC.
        let at: Int64
        /// Of this process's processor time.
        let processorTime: Int64
    }

    private let moment = Mutex<Moment?>(nil)

    /// Notes the present moment, the first time.
    func mark() {
        moment.withLock {
            if $0 == nil {
                $0 = Moment(at: Self.read(CLOCK_MONOTONIC), processorTime: Self.read(CLOCK_PROCESS_CPUTIME_ID))
            }
        }
    }

    /// A line of the machine's counters; nil where it did not come so far.
    var text: String? {
        moment.withLock { $0 }.map { "first instruction: at \($0.at), processor time \($0.processorTime)" }
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        // The structure is ours.
        unsafe clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
