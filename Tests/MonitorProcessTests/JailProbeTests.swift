import Glibc
import LinuxSystem
import Testing

/// What a guest could do that has taken over its monitor's process: a program does the same steps as hull-vmm, and then
/// tries everything. `JailTests` of the integration tests see that hull-vmm itself has done them.
@Suite struct JailProbeTests {
    /// What is around the process, whatever its threads' filters let through.
    private static let walls =
        [
            "no new privileges: 1", "dumpable: 0", "core file: 0 0", "capabilities: 0 0 0", "bounding: 0", "ambient: 0",
            "setuid: operation not permitted", "setgid: operation not permitted", "setgroups: operation not permitted",
            "capset: operation not permitted", "sethostname: operation not permitted",
            "chdir: done", "root: . ..",
            "open /etc/passwd: no such file or directory", "open /proc/self/status: no such file or directory",
            "open /dev/kvm: no such file or directory", "open /dev/null: no such file or directory",
            "open /sys: no such file or directory",
            "create: read-only file system", "mkdir: read-only file system", "mount: operation not permitted",
            "remount: operation not permitted", "umount: operation not permitted", "chroot: operation not permitted",
            "execve: no such file or directory", "execve of itself: no such file or directory",
            "descriptors: 0 1 2 3",
            "interfaces: lo", "connect: network is unreachable",
            "process: 1, parent: 0", "signal to all others: no such process",
        ] + unreachable

    /// What can be done to a process that is not in the namespace: nothing, for it has no number there.
    private static let unreachable = [
        "signal to another: no such process", "ptrace: no such process", "prlimit: no such process",
        "pidfd_open: no such process",
    ]

    /// What every thread may: memory, locks, the clock, its end, and what it has open.
    private static let common = [
        "brk", "clock_gettime", "close", "epoll_ctl", "exit", "exit_group", "futex", "getpid", "getrandom", "gettid",
        "madvise", "mmap", "mprotect", "mremap", "munmap", "poll", "pread64", "read", "rseq", "rt_sigaction",
        "rt_sigprocmask", "sched_yield", "set_robust_list", "sigaltstack", "tgkill", "write",
    ]
    private static let processor = ["ioctl", "ioctl of KVM", "ppoll", "timer_create", "timer_delete", "timer_settime"]
    private static let devices = [
        "accept4", "epoll_pwait", "epoll_wait", "fallocate", "fcntl", "fdatasync", "fstat", "fsync", "ftruncate",
        "getsockopt", "lseek", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "readv", "recvfrom", "recvmsg",
        "sendmsg", "sendto", "setsockopt", "shutdown", "writev",
    ]

    /// Runs the probe, with a descriptor that it keeps and one that was left open by mistake.
    private func probe(_ kinds: String..., as user: [String] = []) throws -> Set<String> {
        let pipe = try Pipe()
        let null = try OwnedDescriptor.open("/dev/null", O_RDWR)
        let words = user + [try Self.program()] + kinds
        let child = try ChildProgram.spawn(
            words[0], Array(words.dropFirst()),
            descriptors: [(0, null.number), (1, pipe.write.number), (3, null.number), (9, null.number)])
        let reading = pipe.read
        _ = consume pipe.write
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(reading.number, &buffer, buffer.count), count > 0 { output += buffer[..<count] }
        #expect(try child.wait() == 0)
        return Set(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    /// The probe is built beside the tests.
    private static func program() throws -> String {
        let test = CommandLine.arguments.first.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) }
        for directory in ChildProgram.ownDirectories() + [test].compactMap({ $0 }) {
            let path = directory + "/jail-probe"
            if access(path, X_OK) == 0 { return path }
        }
        throw SystemError("access", "jail-probe", number: ENOENT)
    }

    private static let isRoot = geteuid() == 0

    @Test(.enabled(if: isRoot, "to become another user needs root")) func startedByRootItCanDoNothing() throws {
        let found = try probe("walls")
        let wanted = Set(
            Self.walls + ["users: 65534 65534 65534", "groups: 65534 65534 65534, 0 further", "open files: 2048 2048"])
        #expect(found.symmetricDifference(wanted).sorted() == [])
    }

    /// Two that were started by root, each with a user of its own, as the monitors of two machines.
    @Test(.enabled(if: isRoot, "to become another user needs root")) func oneReachesNoOther() throws {
        let input = try Pipe()
        let output = try Pipe()
        let null = try OwnedDescriptor.open("/dev/null", O_RDWR)
        let first = try ChildProgram.spawn(
            try Self.program(), ["user:60601", "stay"],
            descriptors: [(0, input.read.number), (1, output.write.number), (3, null.number)])
        // It is shut in when it says so.
        var byte: UInt8 = 0
        let count = read(output.read.number, &byte, 1)
        #expect(count == 1 && byte == UInt8(ascii: "s"))
        // The first process waits for the one in the namespaces.
        let children = try #require(try WholeFile.read("/proc/\(first.process)/task/\(first.process)/children"))
        let inner = try #require(pid_t(String(decoding: children, as: UTF8.self).split(separator: " ").first ?? ""))
        let status = String(decoding: try WholeFile.read("/proc/\(inner)/status") ?? [], as: UTF8.self)
        #expect(status.contains("Uid:\t60601\t60601\t60601\t60601\nGid:\t60601\t60601\t60601\t60601\n"), "\(status)")
        let found = try probe("user:60602", "reach:\(inner)")
        #expect(found.symmetricDifference(Self.unreachable).sorted() == [])
        #expect(kill(inner, 0) == 0)
        _ = consume input.write
        #expect(try first.wait() == 0)
    }

    @Test(arguments: [("processor", Self.processor), ("devices", Self.devices)])
    func aThreadCanDoOnlyWhatItIsFor(_ kind: String, _ calls: [String]) throws {
        let found = try probe(kind)
        #expect(found.symmetricDifference(Self.common + calls).sorted() == [])
    }
}
