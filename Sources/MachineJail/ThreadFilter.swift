import CSeccomp
import Glibc
import LinuxSystem
import MachineMonitor
import Synchronization

/// What one kind of thread may ask of the kernel once the machine runs (seccomp(2)). Nothing that opens a file or makes a
/// socket, a process or code is in it; what is not in it ends the process.
public struct ThreadFilter: Sendable {
    /// System calls by name.
    private let calls: [String]

    /// What every thread needs: memory for Swift's objects, locks, the clock, its end.
    private static let common = [
        "brk", "clock_gettime", "close", "exit", "exit_group", "futex", "getpid", "getrandom", "gettid", "madvise",
        "mmap", "mprotect",
        "mremap", "munmap", "read", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield",
        "set_robust_list", "sigaltstack", "tgkill", "write",
    ]

    /// The processor's thread: KVM's calls, timers, sleep, the console; a device that it starts begins to listen.
    public static let processor = ThreadFilter(
        calls: common + [
            "epoll_ctl", "ioctl", "poll", "ppoll", "pread64", "timer_create", "timer_delete", "timer_settime",
        ])

    /// The devices' thread: their descriptors, which it has already; connections that it accepts.
    public static let devices = ThreadFilter(
        calls: common + [
            "accept4", "epoll_ctl", "epoll_wait", "epoll_pwait", "fallocate", "fcntl", "fdatasync", "fstat", "fsync",
            "ftruncate", "getsockopt", "lseek", "poll", "pread64", "preadv", "preadv2", "pwrite64", "pwritev",
            "pwritev2",
            "readv", "recvfrom", "recvmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "writev",
        ])

    /// What a call's argument must be besides: its bits under a mask.
    private struct Condition {
        let argument: UInt32
        let mask: UInt64
        let value: UInt64

        /// No memory becomes code (PROT_EXEC, the third argument).
        static let noCode = Condition(argument: 2, mask: 4, value: 0)
        /// KVM's own (linux/kvm.h, KVMIO: the second argument's type); nothing of terminals, networks or file systems.
        static let ofKVM = Condition(argument: 1, mask: 0xff00, value: 0xae00)
    }

    private static let conditions: [String: Condition] = ["mmap": .noCode, "mprotect": .noCode, "ioctl": .ofKVM]

    /// One thread at a time makes its filter: libseccomp's own state has no lock, and two threads that meet in it may never
    /// come out again.
    private static let making = Mutex(())

    /// Binds the calling thread for good.
    public func apply() throws(MachineError) {
        try Self.making.withLock { _ throws(MachineError) in try load() }
    }

    private func load() throws(MachineError) {
        guard let context = unsafe seccomp_init(Self.killProcess) else {
            throw .configuration("seccomp_init: no memory")
        }
        defer { unsafe seccomp_release(context) }
        for name in calls {
            let number = unsafe seccomp_syscall_resolve_name(name)
            // A name that this processor has not.
            if number < 0 { continue }
            let conditions = Self.conditions[name].map {
                [scmp_arg_cmp(arg: $0.argument, op: SCMP_CMP_MASKED_EQ, datum_a: $0.mask, datum_b: $0.value)]
            }
            // As many conditions as are named.
            let result = unsafe seccomp_rule_add_array(
                context, Self.allow, number, UInt32(conditions?.count ?? 0), conditions)
            if result != 0 { throw .configuration("seccomp_rule_add \(name): error \(-result)") }
        }
        let result = unsafe seccomp_load(context)
        if result != 0 { throw .configuration("seccomp_load: error \(-result)") }
    }

    /// SCMP_ACT_ALLOW and SCMP_ACT_KILL_PROCESS (seccomp.h), which are macros.
    private static let allow: UInt32 = 0x7fff_0000
    private static let killProcess: UInt32 = 0x8000_0000
}
