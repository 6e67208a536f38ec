import CLinux
import Glibc
import LinuxSystem

/// A child that clone3 made and that is not a workload yet.
struct ClonedProcess: ~Copyable {
    let pid: pid_t
    let descriptor: OwnedDescriptor

    /// Takes over what clone3 returned.
    init(pid: pid_t, owning descriptor: CInt) {
        self.pid = pid
        self.descriptor = OwnedDescriptor(owning: descriptor)
    }

    /// Takes over a child that another child made in its place (CLONE_PARENT).
    static func adopt(_ pid: pid_t) throws(SystemError) -> ClonedProcess {
        ClonedProcess(pid: pid, owning: try systemCall("pidfd_open", "\(pid)") { linux_pidfd_open(pid, 0) })
    }

    /// Ends it, and waits.
    ///
    /// - Returns: how it ended, as of waitpid(2).
    @discardableResult
    func end() -> CInt {
        _ = linux_pidfd_send_signal(descriptor.number, SIGKILL)
        return reap()
    }

    /// Waits for its end.
    @discardableResult
    func reap() -> CInt {
        var status: CInt = 0
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    /// What clone3 with these flags makes of this process: nil in the child.
    ///
    /// - Parameter group: a cgroup v2 directory, or -1.
    static func make(_ flags: UInt64, group: CInt) throws(SystemError) -> ClonedProcess? {
        var descriptor: CInt = -1
        let pid = try systemCall("clone3") { unsafe linux_clone3(flags, &descriptor, SIGCHLD, group) }
        return pid == 0 ? nil : ClonedProcess(pid: pid, owning: descriptor)
    }
}
