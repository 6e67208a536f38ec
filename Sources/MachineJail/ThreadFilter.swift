import CLinux
import Glibc
import LinuxSystem
import MachineMonitor

/// What one kind of thread may ask of the kernel once the machine runs (seccomp(2)). Nothing that opens a file or makes a
/// socket, a process or code is in it; what is not in it ends the process.
public struct ThreadFilter: Sendable {
    /// System calls that are let through, by number.
    private let calls: [CInt]

    /// What every thread needs: memory for Swift's objects, locks, the clock, its end.
    private static let common = [
        SYS_brk, SYS_clock_gettime, SYS_close, SYS_exit, SYS_exit_group, SYS_futex, SYS_getpid, SYS_getrandom,
        SYS_gettid, SYS_madvise, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_munmap, SYS_read, SYS_rseq, SYS_rt_sigaction,
        SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sched_yield, SYS_set_robust_list, SYS_sigaltstack, SYS_tgkill,
        SYS_write,
    ]

    /// The processor's thread: KVM's calls, timers, sleep, the console; a device that it starts begins to listen.
    public static let processor = ThreadFilter(
        calls: common + [
            SYS_epoll_ctl, SYS_ioctl, SYS_poll, SYS_ppoll, SYS_pread64, SYS_timer_create, SYS_timer_delete,
            SYS_timer_settime,
        ])

    /// The devices' thread: their descriptors, which it has already; connections that it accepts.
    public static let devices = ThreadFilter(
        calls: common + [
            SYS_accept4, SYS_epoll_ctl, SYS_epoll_wait, SYS_epoll_pwait, SYS_fallocate, SYS_fcntl, SYS_fdatasync,
            SYS_fstat, SYS_fsync, SYS_ftruncate, SYS_getsockopt, SYS_lseek, SYS_poll, SYS_pread64, SYS_preadv,
            SYS_preadv2, SYS_pwrite64, SYS_pwritev, SYS_pwritev2, SYS_readv, SYS_recvfrom, SYS_recvmsg, SYS_sendmsg,
            SYS_sendto, SYS_setsockopt, SYS_shutdown, SYS_writev,
        ])

    /// A call that is let through where the bits of an argument under a mask have a value. Of the argument's 64 bits the lower
    /// half is looked at, in which all bits stand that these calls are asked about.
    private struct Condition {
        let call: CInt
        /// Its place, from 0 on.
        let argument: UInt32
        let mask: UInt32
        let value: UInt32
    }

    /// For every thread. KVM's calls stand first: they are the frequent ones, and what has conditions the kernel decides anew
    /// each time.
    private static let conditions = [
        // KVM's own (linux/kvm.h, KVMIO: the second argument's type); nothing of terminals, networks or file systems.
        Condition(call: SYS_ioctl, argument: 1, mask: 0xff00, value: 0xae00),
        // No memory becomes code (PROT_EXEC, the third argument).
        Condition(call: SYS_mmap, argument: 2, mask: 4, value: 0),
        Condition(call: SYS_mprotect, argument: 2, mask: 4, value: 0),
    ]

    // linux/prctl.h.
    private static let noNewPrivileges: CInt = 38

    /// Binds the calling thread for good.
    public func apply() throws(MachineError) {
        let program = program
        try MachineError.system { () throws(SystemError) in
            try systemCall("prctl", "PR_SET_NO_NEW_PRIVS") { linux_prctl(Self.noNewPrivileges, 1, 0, 0, 0) }
            // The kernel copies the instructions during the call; there are as many as the array has.
            try systemCall("seccomp", "SECCOMP_SET_MODE_FILTER") {
                unsafe linux_seccomp_set_filter(0, program, UInt16(program.count))
            }
        }
    }

    // MARK: Instructions

    /// Classic BPF (kernel documentation, networking/filter): loading a word, the bits under a mask, a comparison that skips
    /// instructions, and the end.
    private enum Operation {
        static let load: UInt16 = 0x20
        static let mask: UInt16 = 0x54
        static let compare: UInt16 = 0x15
        static let end: UInt16 = 0x06
    }

    /// `struct seccomp_data` (linux/seccomp.h): where its words stand. Of an argument's two words the lower one is first.
    private enum Place {
        static let number: UInt32 = 0
        static let architecture: UInt32 = 4
        static func argument(_ index: UInt32) -> UInt32 { 16 + 8 * index }
    }

    // linux/audit.h, linux/seccomp.h: AUDIT_ARCH_X86_64, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS. A call by another way into
    // the kernel has another architecture, or, of x32, a number that is in no list.
    private static let architecture: UInt32 = 0xc000_003e
    private static let allow: UInt32 = 0x7fff_0000
    private static let killProcess: UInt32 = 0x8000_0000

    /// All of it ends at its last two instructions: the end of the process, and behind it the leave to go on. So few calls are
    /// in it that every jump has its one byte.
    private var program: [sock_filter] {
        let conditions = Self.conditions.filter { calls.contains($0.call) }
        let plain = calls.filter { call in !conditions.contains { $0.call == call } }
        let kill = 3 + conditions.count * 4 + plain.count
        var code: [sock_filter] = []
        func add(_ operation: UInt16, _ value: UInt32, yes: Int? = nil, no: Int? = nil) {
            let next = code.count + 1
            code.append(
                sock_filter(code: operation, jt: UInt8((yes ?? next) - next), jf: UInt8((no ?? next) - next), k: value))
        }
        add(Operation.load, Place.architecture)
        add(Operation.compare, Self.architecture, no: kill)
        add(Operation.load, Place.number)
        for condition in conditions {
            add(Operation.compare, UInt32(condition.call), no: code.count + 4)
            add(Operation.load, Place.argument(condition.argument))
            add(Operation.mask, condition.mask)
            add(Operation.compare, condition.value, yes: kill + 1, no: kill)
        }
        for call in plain { add(Operation.compare, UInt32(call), yes: kill + 1) }
        add(Operation.end, Self.killProcess)
        add(Operation.end, Self.allow)
        return code
    }
}
