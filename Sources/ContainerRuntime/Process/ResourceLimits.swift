import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// The limits of setrlimit(2).
enum ResourceLimits {
    /// Numbers by name (getrlimit(2); x86-64's `asm-generic/resource.h`).
    static let numbers: [(name: String, number: CInt)] = [
        ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4),
        ("RLIMIT_RSS", 5), ("RLIMIT_NPROC", 6), ("RLIMIT_NOFILE", 7), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_AS", 9),
        ("RLIMIT_LOCKS", 10), ("RLIMIT_SIGPENDING", 11), ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13),
        ("RLIMIT_RTPRIO", 14), ("RLIMIT_RTTIME", 15),
    ]

    /// Checks names and order without touching anything.
    static func check(_ limits: [Spec.ResourceLimit]?) throws(RuntimeError) {
        var seen: Set<String> = []
        for limit in limits ?? [] {
            guard numbers.contains(where: { $0.name == limit.type }) else {
                throw .invalid(at: "process.rlimits", reason: "there is no limit \"\(printable(limit.type))\"")
            }
            guard seen.insert(limit.type).inserted else {
                throw .invalid(at: "process.rlimits", reason: "\(limit.type) is there twice")
            }
            guard limit.soft <= limit.hard else {
                throw .invalid(at: "process.rlimits", reason: "\(limit.type) has a soft limit above its hard limit")
            }
        }
    }

    /// Sets limits of a process; 0 is the calling one.
    static func apply(_ limits: [Spec.ResourceLimit]?, to process: pid_t) throws(RuntimeError) {
        for limit in limits ?? [] {
            guard let number = numbers.first(where: { $0.name == limit.type })?.number else { continue }
            if linux_prlimit(process, number, limit.soft, limit.hard) != 0 {
                let reason =
                    errno == EPERM
                    ? "it is above the hard limit of this process, and it lacks CAP_SYS_RESOURCE" : errorText(errno)
                throw .rlimit(type: limit.type, soft: limit.soft, hard: limit.hard, reason: reason)
            }
        }
    }
}
