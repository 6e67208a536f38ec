import Glibc
import CLinux
import LinuxSystem

/// What all processes used that a run left to us: those that a side starts and does not wait for (a supervisor) become
/// our children when their parents end, for we are their subreaper.
struct ProcessTree {
    /// Processor time of all, in nanoseconds.
    private(set) var processorTime: Int64 = 0
    /// Page faults, those with a read from a disk among them.
    private(set) var faults: Int64 = 0
    /// Bytes read from disks.
    private(set) var readBytes: Int64 = 0
    /// Bytes written for disks.
    private(set) var writtenBytes: Int64 = 0
    /// How the first child ended, once it has.
    private(set) var status: CInt?

    private let child: pid_t

    init(child: pid_t) {
        self.child = child
    }

    /// Makes us the parent of what our children leave behind (prctl(2), PR_SET_CHILD_SUBREAPER).
    static func adoptOrphans() throws(SystemError) {
        let subreaper: CInt = 36
        try systemCall("prctl", "PR_SET_CHILD_SUBREAPER") { linux_prctl(subreaper, 1, 0, 0, 0) }
    }

    /// Takes all that has ended.
    ///
    /// - Returns: whether anything is left to wait for.
    mutating func reap() -> Bool {
        while true {
            var status: CInt = 0
            var usage = rusage()
            // Both structures are ours.
            let process = unsafe wait4(-1, &status, WNOHANG, &usage)
            if process < 0, errno == EINTR { continue }
            if process <= 0 { return process == 0 }
            processorTime += Self.nanoseconds(usage.ru_utime) + Self.nanoseconds(usage.ru_stime)
            faults += Int64(usage.ru_minflt) + Int64(usage.ru_majflt)
            // In blocks of 512 bytes, whatever the disk's are.
            readBytes += Int64(usage.ru_inblock) * 512
            writtenBytes += Int64(usage.ru_oublock) * 512
            if process == child { self.status = status }
        }
    }

    /// The exit status of the first child, as shells count.
    var exitCode: Int {
        guard let status else { return 125 }
        return linux_wait_exited(status) != 0
            ? Int(linux_wait_exit_status(status)) : 128 + Int(linux_wait_term_signal(status))
    }

    private static func nanoseconds(_ time: timeval) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000
    }
}
