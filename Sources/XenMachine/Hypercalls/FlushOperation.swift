import Glibc

extension XenProcessor {
    /// Has other processors forget their translations, and waits until none uses what it was to forget. One that is not in the
    /// guest does it when it enters, so no one waits for it.
    func flushOthers(_ mask: UInt64) -> Int64 {
        let others = domain.processors.filter { $0 !== handle && mask >> UInt64($0.index) & 1 != 0 }
        for other in others { other.wantFlush() }
        for other in others {
            while other.isFlushDue, !kick.isStopping { sched_yield() }
        }
        return 0
    }
}
