import Glibc

/// What stat(2) says of a file.
struct NodeStatus {
    private let raw: stat

    /// Of an open file.
    init?(_ descriptor: CInt) {
        var raw = stat()
        if unsafe fstat(descriptor, &raw) != 0 { return nil }
        self.raw = raw
    }

    /// Of a name in a directory; a symbolic link is not followed.
    init?(_ name: String, in directory: CInt) {
        var raw = stat()
        if unsafe fstatat(directory, name, &raw, AT_SYMLINK_NOFOLLOW) != 0 { return nil }
        self.raw = raw
    }

    /// Of a path; symbolic links are followed.
    init?(following path: String) {
        var raw = stat()
        if unsafe fstatat(AT_FDCWD, path, &raw, 0) != 0 { return nil }
        self.raw = raw
    }

    private var kind: mode_t { raw.st_mode & S_IFMT }
    var isRegular: Bool { kind == S_IFREG }
    var isDirectory: Bool { kind == S_IFDIR }
    var isLink: Bool { kind == S_IFLNK }
    var isCharacterDevice: Bool { kind == S_IFCHR }
    var isBlockDevice: Bool { kind == S_IFBLK }
    var isWhiteout: Bool { isCharacterDevice && raw.st_rdev == 0 }
    var size: Int { raw.st_size }
    var permissions: UInt32 { raw.st_mode & 0o7777 }
    var owner: UInt32 { raw.st_uid }
    var group: UInt32 { raw.st_gid }
    /// The numbers of a device, as glibc packs them (gnu_dev_major(3)).
    var major: Int64 { Int64((raw.st_rdev >> 8) & 0xFFF | (raw.st_rdev >> 32) & 0xFFFF_F000) }
    var minor: Int64 { Int64(raw.st_rdev & 0xFF | (raw.st_rdev >> 12) & 0xFFFF_FF00) }
}
