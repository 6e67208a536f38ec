import CLinux
import Glibc

/// The namespaces in which a process is by itself (namespaces(7)).
public enum OwnNamespaces {
    /// Flags for clone3: all kinds but those of users and time. Who is not root may make the others only in a user namespace,
    /// and gets one besides.
    public static var flags: UInt64 {
        let all =
            LINUX_CLONE_NEWNS | LINUX_CLONE_NEWPID | LINUX_CLONE_NEWNET | LINUX_CLONE_NEWIPC | LINUX_CLONE_NEWUTS
            | LINUX_CLONE_NEWCGROUP
        return geteuid() == 0 ? all : all | LINUX_CLONE_NEWUSER
    }
}
