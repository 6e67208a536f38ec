import Glibc

/// Nanoseconds of CLOCK_MONOTONIC, by which the sides' marks are stamped, too.
func monotonicNow() -> Int64 {
    var now = timespec()
    // The structure is ours.
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
