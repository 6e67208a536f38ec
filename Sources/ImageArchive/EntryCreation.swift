import CArchive
import CLinux
import Glibc
import ImageStore
import LinuxSystem

extension LayerUnpacker {
    /// The directory that holds an entry.
    func holder(of path: EntryPath) throws(ArchiveError) -> CInt {
        guard let parent = path.parent else { return tree.rootDescriptor }
        return try tree.directory(parent)
    }

    /// Makes a name; what has it already is removed, for of two entries with one name the later counts.
    func making(_ path: EntryPath, _ call: String, _ make: () -> CInt) throws(ArchiveError) -> CInt {
        var replaced = false
        while true {
            let result = make()
            if result >= 0 { return result }
            let number = errno
            if number == EINTR { continue }
            guard number == EEXIST, !replaced else {
                throw .system(SystemError(call, path.description, number: number))
            }
            replaced = true
            try remove(path)
        }
    }

    private func remove(_ path: EntryPath) throws(ArchiveError) {
        let holder = try holder(of: path)
        // Not the holder's own descriptor, which the caller is using.
        tree.forget(below: path)
        if unsafe path.withName({ unsafe unlinkat(holder, $0, 0) }) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .system(.last("unlink", path.description)) }
        if !options.isLayer {
            throw .refused(entry: path.description, reason: "it would take the place of a directory")
        }
        // A directory under a name that is a plain text, so that the removal needs no bytes: it is renamed first.
        let temporary = ".hull-replaced"
        try archiving { () throws(SystemError) in
            _ = try systemCall("rename", path.description) {
                unsafe path.withName { unsafe renameat(holder, $0, holder, temporary) }
            }
            try TreeRemoval.remove(temporary, at: holder)
        }
    }

    func setOwner(
        _ path: EntryPath, _ metadata: EntryMetadata, _ change: (uid_t, gid_t) -> CInt
    ) throws(ArchiveError) {
        if change(metadata.owner, metadata.group) == 0 { return }
        if options.squashOwners, errno == EINVAL || errno == EPERM { return }
        if errno == EINVAL {
            throw .refused(
                entry: path.description,
                reason: "its owner \(metadata.owner):\(metadata.group) is not mapped in the user namespace: "
                    + "give the user a larger range in /etc/subuid and /etc/subgid")
        }
        throw .system(.last("chown", path.description))
    }

    func setTimes(
        _ path: EntryPath, _ metadata: EntryMetadata, _ change: (UnsafePointer<timespec>) -> CInt
    ) throws(ArchiveError) {
        let times = [metadata.accessTime, metadata.modificationTime]
        try archiving { () throws(SystemError) in
            // The kernel reads two elements, and the array has two.
            _ = try systemCall("utimensat", path.description) { unsafe change(times) }
        }
    }

    func makeSymbolicLink(
        _ path: EntryPath, _ entry: OpaquePointer, _ metadata: EntryMetadata
    ) throws(ArchiveError) {
        guard let target = unsafe archive_entry_symlink(entry), unsafe target[0] != 0 else {
            throw .malformed("the symbolic link '\(path.description)' has no target")
        }
        let holder = try holder(of: path)
        _ = try making(path, "symlink") { unsafe path.withName { unsafe symlinkat(target, holder, $0) } }
        try unsafe setMetadata(path, holder, entry, metadata, mode: false)
    }

    func makeNode(
        _ path: EntryPath, _ entry: OpaquePointer, _ metadata: EntryMetadata, _ type: mode_t
    ) throws(ArchiveError) {
        var device: dev_t = 0
        if type != S_IFIFO {
            let major = unsafe UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry))
            let minor = unsafe UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry))
            switch options.devices {
            case .skip: return
            case .all: break
            case .standard:
                guard type == S_IFCHR, Self.isStandardDevice(major, minor) else {
                    throw .refused(
                        entry: path.description,
                        reason: "it is a \(type == S_IFCHR ? "character" : "block") device (\(major):\(minor)) "
                            + "that no container has by itself")
                }
            }
            device = gnu_dev_makedev(major, minor)
        }
        let holder = try holder(of: path)
        _ = try making(path, "mknod") {
            unsafe path.withName { unsafe mknodat(holder, $0, type | metadata.mode & 0o777, device) }
        }
        try unsafe setMetadata(path, holder, entry, metadata, mode: true)
    }

    /// Memory devices null, zero, full, random, urandom; tty, console, ptmx (the kernel's devices.txt).
    static func isStandardDevice(_ major: UInt32, _ minor: UInt32) -> Bool {
        (major == 1 && [3, 5, 7, 8, 9].contains(minor)) || (major == 5 && minor <= 2)
    }

    /// For what is not opened: it was just made here, so no symbolic link has its name unless it is one itself.
    private func setMetadata(
        _ path: EntryPath, _ holder: CInt, _ entry: OpaquePointer, _ metadata: EntryMetadata, mode: Bool
    ) throws(ArchiveError) {
        try setOwner(path, metadata) { owner, group in
            unsafe path.withName { unsafe fchownat(holder, $0, owner, group, AT_SYMLINK_NOFOLLOW) }
        }
        if mode {
            try archiving { () throws(SystemError) in
                _ = try systemCall("chmod", path.description) {
                    unsafe path.withName { unsafe fchmodat(holder, $0, metadata.mode, 0) }
                }
            }
        }
        let name = String(decoding: path.name, as: UTF8.self)
        try unsafe ExtendedAttribute.apply(
            entry, path.description, to: nil, path: "/proc/self/fd/\(holder)/\(name)")
        try unsafe setTimes(path, metadata) { times in
            unsafe path.withName { unsafe utimensat(holder, $0, times, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Makes a hard link. Its target is of the same layer, and a symbolic link is linked itself.
    func link(_ path: EntryPath, to target: UnsafePointer<CChar>) throws(ArchiveError) {
        let source: EntryPath
        do throws(ArchiveError) {
            source = try unsafe EntryPath(target, limit: options.limits.pathLength)
        } catch {
            guard case .refused(let name, let reason) = error else { throw error }
            throw .refused(entry: path.description, reason: "its hard link to '\(name)': \(reason)")
        }
        if source == path || path.isRoot || source.isRoot {
            throw .refused(entry: path.description, reason: "it is a hard link to a directory or to itself")
        }
        guard let parent = source.parent else { return }
        let from = OwnedDescriptor(owning: try tree.open(parent, O_PATH | O_DIRECTORY, makeMissing: false))
        let holder = try holder(of: path)
        do throws(ArchiveError) {
            _ = try making(path, "link") {
                unsafe source.withName { old in unsafe path.withName { unsafe linkat(from.number, old, holder, $0, 0) }
                }
            }
        } catch {
            guard case .system(let cause) = error, cause.call == "link" else { throw error }
            switch cause.number {
            case ENOENT:
                throw .refused(
                    entry: path.description,
                    reason: "its hard link's target '\(source.description)' is not in the layer")
            case EPERM:
                throw .refused(
                    entry: path.description, reason: "its hard link's target '\(source.description)' cannot be linked")
            default: throw error
            }
        }
    }

    /// Carries out a whiteout (image-spec, layer.md): it hides what is below this layer, not what is in it.
    func whiteOut(_ path: EntryPath) throws(ArchiveError) {
        if path.name.elementsEqual(EntryPath.opaqueMarker) {
            guard let parent = path.parent else { return }
            _ = try tree.directory(parent)
            return try makeOpaque(parent)
        }
        // Other names of this kind are a union file system's own records.
        if path.name.starts(with: EntryPath.metadataPrefix) { return }
        let hidden = path.name.dropFirst(EntryPath.whiteoutPrefix.count)
        if hidden.isEmpty || hidden.elementsEqual([0x2E]) || hidden.elementsEqual([0x2E, 0x2E]) {
            throw .refused(entry: path.description, reason: "it is a whiteout of nothing that could be hidden")
        }
        let target = path.sibling(hidden)
        let holder = try holder(of: target)
        // overlayfs takes a character device 0:0 for a whiteout; in a user namespace it may be made too.
        if unsafe target.withName({ unsafe mknodat(holder, $0, S_IFCHR, 0) }) == 0 { return }
        if errno != EEXIST { throw .system(.last("mknod", path.description)) }
        var status = stat()
        if unsafe target.withName({ unsafe fstatat(holder, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0,
            status.st_mode & S_IFMT == S_IFDIR
        {
            try makeOpaque(target)
        }
    }

    /// Marks a directory as hiding what the layers below have in it.
    func makeOpaque(_ path: EntryPath) throws(ArchiveError) {
        let file = OwnedDescriptor(owning: try tree.open(path, O_RDONLY | O_DIRECTORY, makeMissing: false))
        let name = options.userExtendedAttributes ? "user.overlay.opaque" : "trusted.overlay.opaque"
        try archiving { () throws(SystemError) in
            _ = try systemCall("setxattr", "\(path.description) (\(name))") {
                unsafe fsetxattr(file.number, name, "y", 1, 0)
            }
        }
    }
}
