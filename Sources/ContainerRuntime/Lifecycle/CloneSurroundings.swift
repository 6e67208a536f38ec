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

    /// Has the next child begin in a pid namespace that is joined, if one is.
    static func enter(
        _ joined: borrowing OpenNamespaces, _ plan: NamespacePlan
    ) throws(RuntimeError) -> ChildPidNamespace {
        if !plan.joins(.pid) { return ChildPidNamespace(own: -1) }
        let own = try openOwn()
        try joined.join(.pid)
        return ChildPidNamespace(own: own.release())
    }

    private static func openOwn() throws(RuntimeError) -> OwnedDescriptor {
        try during("open the own pid namespace") { () throws(SystemError) in
            try OwnedDescriptor.open("/proc/self/ns/pid", O_RDONLY)
        }
    }

    /// Has further children begin where this process is.
    func restore() {
        if own < 0 { return }
        // Back to the own namespace is always allowed (setns(2)).
        linux_setns(own, CInt(truncatingIfNeeded: LINUX_CLONE_NEWPID))
        close(own)
    }
}
