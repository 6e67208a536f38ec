import CLinux
import Glibc
import LinuxSystem
import MachineMonitor

/// Shuts the process in before the guest's first instruction: namespaces of its own, an empty read-only root, another user, no
/// capabilities, and no way to get any. All that it keeps are the descriptors that it was given.
public struct Jail {
    private let user: uid_t

    /// - Parameter user: the user and group that the process becomes where root started it.
    public init(user: uid_t) { self.user = user }

    // linux/prctl.h.
    private static let parentDeathSignal: CInt = 1
    private static let dumpable: CInt = 4
    private static let dropBounding: CInt = 24
    private static let noNewPrivileges: CInt = 38
    // linux/mount.h.
    private static let readOnly: UInt = 1
    private static let noSetUser: UInt = 2
    private static let noDevices: UInt = 4
    private static let noExecution: UInt = 8
    private static let remount: UInt = 32
    private static let recursive: UInt = 16384
    private static let privatePropagation: UInt = 1 << 18
    private static let detach: CInt = 2
    /// The most descriptors that a machine has: disks, and a socket a connection.
    private static let descriptorLimit: UInt64 = 2048

    /// Closes what the parent left open by mistake: every descriptor that was not named.
    public static func closeOthers(keeping kept: [CInt]) throws(SystemError) {
        var next: UInt32 = 0
        for number in Set(kept).filter({ $0 >= 0 }).sorted().map(UInt32.init) {
            if number > next {
                try systemCall("close_range") { linux_close_range(next, number - 1, 0) }
            }
            next = number + 1
        }
        try systemCall("close_range") { linux_close_range(next, .max, 0) }
    }

    /// Starts this program anew as the first process of its namespaces; this process only waits, and ends as that one does. To
    /// be called before anything else, in a process of one thread. Who has started it in such namespaces already saves that.
    ///
    /// The child executes the program again rather than going on: Swift's runtime has kept its thread's number, which in the
    /// new namespace is another, and two threads that then meet in a lock of the runtime never come out again.
    ///
    /// - Parameter arguments: what the child is given.
    public static func enterNamespaces(_ arguments: [String]) throws(SystemError) -> Never {
        // Asked for here: the child is in a root of its own mounts, below which the kernel does not find this file any more,
        // and would tell its path from the host's real root.
        let program = ChildProgram.ownPath() ?? "/proc/self/exe"
        let child = try systemCall("clone3", "namespaces") { linux_clone3(OwnNamespaces.flags, nil, SIGCHLD, -1) }
        if child == 0 { throw ChildProgram.replaceOurselves(program, arguments) }
        // The child has what the machine needs; the parent must hold no pipe open.
        _ = linux_close_range(3, .max, 0)
        StartMemory.release()
        var status: CInt = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        if linux_wait_exited(status) != 0 { _exit(linux_wait_exit_status(status)) }
        _exit(128 + linux_wait_term_signal(status))
    }

    /// Takes everything away. Called while there is one thread.
    public func close() throws(SystemError) {
        try emptyRoot()
        try limitResources()
        try dropPrivileges()
        // What changed the user cleared this.
        try systemCall("prctl", "PR_SET_PDEATHSIG") { linux_prctl(Self.parentDeathSignal, UInt(SIGKILL), 0, 0, 0) }
        try systemCall("prctl", "PR_SET_NO_NEW_PRIVS") { linux_prctl(Self.noNewPrivileges, 1, 0, 0, 0) }
        // No other process of the same user looks into this one.
        try systemCall("prctl", "PR_SET_DUMPABLE") { linux_prctl(Self.dumpable, 0, 0, 0, 0) }
    }

    /// A root without a single file, and nothing mounted but it.
    private func emptyRoot() throws(SystemError) {
        // Any directory serves as the place; this one is everywhere.
        let place = "/proc"
        try mount("none", "/", nil, Self.recursive | Self.privatePropagation, nil)
        let flags = Self.noSetUser | Self.noDevices | Self.noExecution
        try mount("none", place, "tmpfs", flags, "size=4k,nr_inodes=1,mode=555")
        try systemCall("chdir", place) { unsafe chdir(place) }
        try systemCall("pivot_root", place) { unsafe linux_pivot_root(".", ".") }
        try systemCall("umount2", "/") { unsafe linux_umount2(".", Self.detach) }
        try systemCall("chdir", "/") { unsafe chdir("/") }
        try mount("none", "/", nil, flags | Self.remount | Self.readOnly, nil)
    }

    private func mount(
        _ source: String, _ target: String, _ type: String?, _ flags: UInt, _ data: String?
    ) throws(SystemError) {
        try systemCall("mount", target) { unsafe linux_mount(source, target, type, flags, data) }
    }

    private func limitResources() throws(SystemError) {
        for (name, resource, limit) in [
            ("RLIMIT_NOFILE", CInt(RLIMIT_NOFILE.rawValue), Self.descriptorLimit),
            ("RLIMIT_CORE", CInt(RLIMIT_CORE.rawValue), 0),
        ] {
            var soft: UInt64 = 0
            var hard: UInt64 = 0
            try systemCall("getrlimit", name) { unsafe linux_getrlimit(0, resource, &soft, &hard) }
            try systemCall("setrlimit", name) { linux_prlimit(0, resource, min(limit, hard), min(limit, hard)) }
        }
    }

    private func dropPrivileges() throws(SystemError) {
        // Up to the last capability that this kernel has.
        for capability in 0..<UInt(64) where linux_prctl(Self.dropBounding, capability, 0, 0, 0) != 0 { break }
        if geteuid() == 0 {
            try systemCall("setgroups") { linux_setgroups(0, nil) }
            try systemCall("setresgid", "\(user)") { linux_setresgid(user) }
            try systemCall("setresuid", "\(user)") { linux_setresuid(user) }
        }
        try systemCall("capset") { linux_capset(0, 0, 0) }
    }
}
