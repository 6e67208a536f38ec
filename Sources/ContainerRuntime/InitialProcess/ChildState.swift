import CLinux
import Glibc
import LinuxSystem

/// What a new child has from its parent and is not to have.
enum ChildState {
    /// Signals are neither blocked nor ignored.
    static func resetSignals() {
        // Numbers above 31 are real-time signals, which nobody here ignores.
        for number in CInt(1)...31 where number != SIGKILL && number != SIGSTOP {
            signal(number, SIG_DFL)
        }
        _ = linux_sigprocmask(SIG_SETMASK, 0, nil)
    }

    /// Closes all files but the first three and these.
    static func closeFiles(except kept: CInt...) { closeFiles(except: kept) }

    /// Closes all files but the first three and these.
    static func closeFiles(except kept: [CInt]) {
        var first = UInt32(3)
        for file in kept.sorted() where file >= 3 {
            let number = UInt32(file)
            if number > first { linux_close_range(first, number - 1, 0) }
            first = number + 1
        }
        linux_close_range(first, UInt32.max, 0)
    }

    /// Joins a session keyring of its own: the parent's keys are not the container's.
    static func leaveSessionKeyring(_ name: String) throws(SystemError) {
        do throws(SystemError) {
            try systemCall("keyctl", name) { unsafe linux_join_session_keyring(name) }
        } catch {
            // A kernel without keyrings, or in which they are forbidden, has no keys to give away.
            if ![ENOSYS, EPERM].contains(error.number) { throw error }
        }
    }

    /// Has other processes neither trace this one nor read its /proc files, until execve.
    static func makeUndumpable() throws(SystemError) {
        try systemCall("prctl", "PR_SET_DUMPABLE") { linux_prctl(ProcessControl.setDumpable, 0, 0, 0, 0) }
    }

    /// Becomes root of the user namespace that this process is in.
    static func becomeRoot() throws(SystemError) {
        // Where one id is mapped by its own user, setgroups is denied for good.
        if linux_setgroups(0, nil) != 0 && errno != EPERM { throw SystemError.last("setgroups", "") }
        try systemCall("setresgid", "0") { linux_setresgid(0) }
        try systemCall("setresuid", "0") { linux_setresuid(0) }
    }

    /// Goes on as a new process, in a pid namespace that was entered and in new namespaces, whose parent is this
    /// process's parent; this one tells it, and ends.
    static func goOnAsSibling(_ flags: UInt64, _ channel: CInt) throws(SystemError) {
        // The signal at its end is that of this process (clone(2), CLONE_PARENT).
        let child = try systemCall("clone3") { linux_clone3(flags | LINUX_CLONE_PARENT, nil, 0, -1) }
        if child == 0 { return }
        try Channel.send(.forked(pid: child), channel)
        _exit(0)
    }
}
