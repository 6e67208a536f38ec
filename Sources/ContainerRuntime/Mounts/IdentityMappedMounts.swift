import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Mounts through which files have other owners than on disk (mount_setattr(2), "ID-mapped mounts"): a container with
/// users of its own shares its layers with others.
struct IdentityMappedMounts: ~Copyable {
    /// A user namespace with the mappings.
    private let namespace: OwnedDescriptor

    /// Makes a user namespace that nobody is in.
    init(users: [IDMapping], groups: [IDMapping]) throws(RuntimeError) {
        namespace = try Self.makeNamespace(users, groups)
    }

    private static func makeNamespace(
        _ users: [IDMapping], _ groups: [IDMapping]
    ) throws(RuntimeError) -> OwnedDescriptor {
        let step = "make a user namespace for mounts"
        let child = try during(step) { () throws(SystemError) in try ClonedProcess.make(LINUX_CLONE_NEWUSER, group: -1)
        }
        guard let child else {
            // It keeps the namespace until that is opened, and is killed then.
            linux_close_range(0, UInt32.max, 0)
            while true { pause() }
        }
        do throws(RuntimeError) {
            try IdentityMap.write(users: users, groups: groups, of: child.pid)
            let opened = try during(step) { () throws(SystemError) in
                try OwnedDescriptor.open("/proc/\(child.pid)/ns/user", O_RDONLY)
            }
            child.end()
            return opened
        } catch {
            child.end()
            throw error
        }
    }

    /// Gives a detached mount the mappings.
    borrowing func apply(to tree: CInt, recursive: Bool, name: String) throws(RuntimeError) {
        let user = namespace.number
        do throws(SystemError) {
            try MountCall.setAttributes(
                tree, set: MountAttribute.idMapped, recursive: recursive, userNamespace: user, name: name)
        } catch {
            let advice =
                error.number == EINVAL || error.number == EOPNOTSUPP
                ? " (the file system there takes no idmapped mounts: use ext4, xfs, btrfs or, since Linux 6.3, tmpfs)"
                : ""
            throw .system(step: "map the owners of \(printable(name))\(advice)", error)
        }
    }
}
