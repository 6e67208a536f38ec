import CLinux
import Glibc

/// The name under which an open file can be given to a call that takes a path. It is resolved once, by the kernel, to
/// exactly this file: no link that a container plants can be in between.
public func descriptorPath(_ descriptor: CInt) -> String { "/proc/self/fd/\(descriptor)" }

/// mount(2) and its newer relatives with descriptors as places.
public enum MountCall {
    /// Mounts a file system of a type on an open place.
    public static func mount(
        type: String, source: String, on place: CInt, flags: UInt, data: String, name: String
    ) throws(SystemError) {
        try systemCall("mount", name) {
            unsafe linux_mount(source, descriptorPath(place), type, flags, data)
        }
    }

    /// A detached copy of the mount at a path.
    public static func clone(_ path: String, at directory: CInt = AT_FDCWD, recursive: Bool) throws(SystemError)
        -> OwnedDescriptor
    {
        var flags = TreeFlag.clone | TreeFlag.closeOnExec
        if recursive { flags |= TreeFlag.recursive }
        if path.isEmpty { flags |= TreeFlag.emptyPath }
        return OwnedDescriptor(
            owning: try systemCall("open_tree", path) { unsafe linux_open_tree(directory, path, flags) })
    }

    /// Attaches a detached mount on an open place.
    public static func attach(_ tree: CInt, on place: CInt, name: String) throws(SystemError) {
        try systemCall("move_mount", name) {
            unsafe linux_move_mount(
                tree, "", place, "", TreeFlag.moveFromEmptyPath | TreeFlag.moveToEmptyPath)
        }
    }

    /// Changes attributes of an open mount.
    public static func setAttributes(
        _ tree: CInt, set: UInt64, clear: UInt64 = 0, propagation: UInt = 0, recursive: Bool = false,
        userNamespace: CInt = -1, name: String
    ) throws(SystemError) {
        let flags = TreeFlag.emptyPath | (recursive ? TreeFlag.recursive : 0)
        try systemCall("mount_setattr", name) {
            unsafe linux_mount_setattr(tree, "", flags, set, clear, UInt64(propagation), userNamespace)
        }
    }
}
