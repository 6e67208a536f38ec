import CJailProbe
import CSeccomp
import Glibc
import MachineJail

/// Which system calls a thread's filter lets through: each is tried in a process of its own.
struct AllowedCalls {
    let filter: ThreadFilter

    /// More than the kernel has.
    private static let count = 512
    /// uretprobe and uprobe: the kernel lets them through every filter, and they do nothing for a program that is not probed
    /// (kernel/seccomp.c). rt_sigreturn: without a signal's frame it goes on anywhere.
    private static let untried = [335, 336, 15]

    /// A call that is let through where a further argument is as it is here.
    private struct Attempt {
        let name: String
        let number: Int
        var first = -1
        var second = -1
        var third = -1
    }

    // Numbers of asm/unistd_64.h; PROT_READ, PROT_WRITE and PROT_EXEC are 1, 2 and 4.
    private static let attempts = [
        Attempt(name: "mmap of code", number: 9, first: 0, second: 4096, third: 5),
        Attempt(name: "mmap of writable code", number: 9, first: 0, second: 4096, third: 7),
        Attempt(name: "mprotect of code", number: 10, first: 0, second: 0, third: 4),
        // linux/kvm.h KVM_RUN; asm-generic/ioctls.h FIONREAD, TIOCSTI; linux/sockios.h SIOCGIFCONF; linux/fs.h FICLONE.
        Attempt(name: "ioctl of KVM", number: 16, second: 0xae80),
        Attempt(name: "ioctl of files", number: 16, second: 0x541b),
        Attempt(name: "ioctl of terminals", number: 16, second: 0x5412),
        Attempt(name: "ioctl of networks", number: 16, second: 0x8912),
        Attempt(name: "ioctl of file systems", number: 16, second: 0x4004_9409),
        // The same numbers by other ways into the kernel: x32's getpid.
        Attempt(name: "getpid of x32", number: 0x4000_0027),
    ]

    func show() {
        var names: [String] = []
        for number in 0..<Self.count where !Self.untried.contains(number) {
            if isAllowed(Self.plain(number)) { names.append(Self.name(of: number)) }
        }
        for attempt in Self.attempts where isAllowed(attempt) { names.append(attempt.name) }
        if endsWell({ _ = jail_probe_call_32(20) }) { names.append("getpid of 32 bits") }
        say(names.joined(separator: "\n"))
    }

    /// A call that does nothing when it is let through: its arguments are none, and code is not asked for.
    private static func plain(_ number: Int) -> Attempt {
        let name = "\(number)"
        return switch number {
        case 9, 10: Attempt(name: name, number: number, first: 0, second: 0, third: 1)
        case 16: Attempt(name: name, number: number, second: 0xae80)
        default: Attempt(name: name, number: number)
        }
    }

    private static func name(of number: Int) -> String {
        // A text of the library's that is ours to free.
        guard let text = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), CInt(number)) else {
            return "\(number)"
        }
        defer { free(text) }
        return String(cString: text)
    }

    private func isAllowed(_ attempt: Attempt) -> Bool {
        endsWell { _ = jail_probe_call(attempt.number, attempt.first, attempt.second, attempt.third, -1) }
    }

    /// Whether the filter, once it is in force, does not end who does this.
    private func endsWell(_ body: () -> Void) -> Bool {
        let child = fork()
        if child < 0 {
            say("error: fork: errno \(errno)")
            exit(1)
        }
        if child == 0 {
            // What waits has been let through.
            alarm(2)
            do { try filter.apply() } catch { exit(1) }
            body()
            _exit(0)
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        // The low seven bits are the signal that ended it (wait(2)).
        return status & 0x7f != SIGSYS
    }
}
