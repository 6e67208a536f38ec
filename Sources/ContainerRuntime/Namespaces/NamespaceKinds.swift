import CLinux
import OCISpec

extension Spec.Namespace.Kind {
    /// The flag of clone(2) and setns(2).
    var flag: UInt64 {
        switch self {
        case .pid: LINUX_CLONE_NEWPID
        case .network: LINUX_CLONE_NEWNET
        case .mount: LINUX_CLONE_NEWNS
        case .ipc: LINUX_CLONE_NEWIPC
        case .uts: LINUX_CLONE_NEWUTS
        case .user: LINUX_CLONE_NEWUSER
        case .cgroup: LINUX_CLONE_NEWCGROUP
        case .time: LINUX_CLONE_NEWTIME
        }
    }

    /// The name in /proc/PID/ns (namespaces(7)).
    var fileName: String {
        switch self {
        case .network: "net"
        case .mount: "mnt"
        default: rawValue
        }
    }
}
