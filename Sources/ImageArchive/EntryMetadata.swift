import CArchive
import CLinux
import Glibc
import LinuxSystem

/// Owner, mode, times and extended attributes of an entry.
struct EntryMetadata {
    var owner: uid_t
    var group: gid_t
    var mode: mode_t
    var accessTime: timespec
    var modificationTime: timespec

    init(_ entry: OpaquePointer) throws(ArchiveError) {
        let owner = unsafe archive_entry_uid(entry)
        let group = unsafe archive_entry_gid(entry)
        guard let uid = uid_t(exactly: owner), let gid = gid_t(exactly: group), uid != .max, gid != .max else {
            throw .malformed("an entry's owner \(owner):\(group) is no valid id")
        }
        self.owner = uid
        self.group = gid
        mode = unsafe archive_entry_perm(entry) & 0o7777
        modificationTime = unsafe timespec(
            tv_sec: Int(archive_entry_mtime(entry)), tv_nsec: Int(archive_entry_mtime_nsec(entry)))
        accessTime =
            unsafe archive_entry_atime_is_set(entry) != 0
            ? timespec(tv_sec: Int(archive_entry_atime(entry)), tv_nsec: Int(archive_entry_atime_nsec(entry)))
            : modificationTime
        for time in [modificationTime, accessTime] where !(0..<1_000_000_000).contains(time.tv_nsec) {
            throw .malformed("an entry's time is invalid")
        }
    }

    var hasSpecialBits: Bool { mode & 0o7000 != 0 }
}

/// Which extended attributes of layers are taken over.
enum ExtendedAttribute {
    enum Decision: Equatable { case set, leaveOut, refuse }

    /// Attributes with which overlayfs marks its own directories would let a layer redirect what lies below it. Labels of
    /// security modules are of the host where the layer was made.
    static func decision(_ name: String) -> Decision {
        if name.hasPrefix("trusted.overlay.") || name.hasPrefix("user.overlay.") { return .refuse }
        if name.hasPrefix("user.") || name == "security.capability" { return .set }
        if name == "system.posix_acl_access" || name == "system.posix_acl_default" { return .set }
        return .leaveOut
    }

    /// Sets an entry's attributes.
    ///
    /// - Parameters:
    ///   - file: a descriptor of the file, open, or nil for what cannot be opened.
    ///   - path: a path that does not follow symbolic links, for what cannot be opened.
    static func apply(
        _ entry: OpaquePointer, _ name: @autoclosure () -> String, to file: CInt?, path: @autoclosure () -> String
    ) throws(ArchiveError) {
        guard unsafe archive_entry_xattr_reset(entry) > 0 else { return }
        var attribute: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        // libarchive keeps name and value until the next header.
        while unsafe archive_entry_xattr_next(entry, &attribute, &value, &size) == ARCHIVE_OK {
            guard let attribute = unsafe attribute else { continue }
            let text = unsafe String(cString: attribute)
            switch decision(text) {
            case .leaveOut: continue
            case .refuse:
                throw .refused(entry: name(), reason: "the attribute \(text) is for overlayfs itself, not for layers")
            case .set: break
            }
            let result: CInt
            if let file {
                result = unsafe fsetxattr(file, attribute, value, size, 0)
            } else {
                result = unsafe lsetxattr(path(), attribute, value, size, 0)
            }
            // File systems without such attributes, and symbolic links, which have no user.* ones.
            if result != 0, errno != EOPNOTSUPP, !(errno == EPERM && file == nil) {
                throw .system(.last("setxattr", "\(name()) (\(text))"))
            }
        }
    }
}
