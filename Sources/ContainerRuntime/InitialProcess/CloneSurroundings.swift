import CLinux
import Glibc
import LinuxSystem

/// The working directory, changed while a container's first process is made: it finds there where to mount its root,
/// by no path that its user might not be allowed to walk.
struct WorkingPlace {
    private let before: CInt

    /// Enters a directory; nil leaves all as it is.
    static func enter(_ directory: String?) throws(RuntimeError) -> WorkingPlace {
        guard let directory else { return WorkingPlace(before: -1) }
        return try during("enter the container's mount point") { () throws(SystemError) in
            let before = try OwnedDescriptor.open(".", O_PATH | O_DIRECTORY)
            try systemCall("chdir", directory) { unsafe chdir(directory) }
            return WorkingPlace(before: before.release())
        }
    }

    /// Goes back.
    func restore() {
        if before < 0 { return }
        // It was there a moment ago, and an open directory can always be entered again.
        fchdir(before)
        close(before)
    }
}

/// The pid namespace of the next child, changed while a process is made in a container's.
struct ChildPidNamespace {
    private let own: CInt

    /// Whether the next child begins in another than this process's own.
    var isEntered: Bool { own >= 0 }

    /// Has the next child begin in a pid namespace.
    ///
    /// - Parameter file: the namespace, or a process in it; nil leaves all as it is. So does a namespace into which this
    ///   user may send nobody before having entered its user namespace.
    static func enter(of file: CInt?) throws(SystemError) -> ChildPidNamespace {
        guard let file else { return ChildPidNamespace(own: -1) }
        let own = try OwnedDescriptor.open("/proc/self/ns/pid", O_RDONLY)
        do throws(SystemError) {
            try systemCall("setns", "pid namespace") {
                linux_setns(file, CInt(truncatingIfNeeded: LINUX_CLONE_NEWPID))
            }
        } catch {
            if error.number == EPERM { return ChildPidNamespace(own: -1) }
            throw error
        }
        return ChildPidNamespace(own: own.release())
    }

    /// Has the next child begin in the pid namespace that is joined, if one is.
    static func enter(_ joined: borrowing OpenNamespaces) throws(RuntimeError) -> ChildPidNamespace {
        let file = joined.file(of: .pid)
        return try during("join the pid namespace") { () throws(SystemError) in try enter(of: file) }
    }

    /// Has further children begin where this process is.
    func restore() {
        if own < 0 { return }
        // Back to the own namespace is always allowed (setns(2)).
        linux_setns(own, CInt(truncatingIfNeeded: LINUX_CLONE_NEWPID))
        close(own)
    }
}
