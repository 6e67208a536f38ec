/// Attributes of one mount for mount_setattr(2) (`linux/mount.h`).
enum MountAttribute {
    static let readOnly: UInt64 = 0x1
    static let noSetUID: UInt64 = 0x2
    static let noDevices: UInt64 = 0x4
    static let noExecute: UInt64 = 0x8
    /// The field of access times; relatime is 0 in it.
    static let accessTimes: UInt64 = 0x70
    static let noAccessTime: UInt64 = 0x10
    static let strictAccessTime: UInt64 = 0x20
    static let noDirectoryAccessTime: UInt64 = 0x80
    static let idMapped: UInt64 = 0x10_0000
    static let noSymlinkFollow: UInt64 = 0x20_0000
}

/// Flags of mount(2) (`linux/mount.h`) that Swift does not import as numbers.
enum MountFlag {
    static let readOnly: UInt = 1
    static let noSetUID: UInt = 2
    static let noDevices: UInt = 4
    static let noExecute: UInt = 8
    static let synchronous: UInt = 16
    static let mandatoryLocks: UInt = 64
    static let synchronousDirectories: UInt = 128
    static let noSymlinkFollow: UInt = 256
    static let noAccessTime: UInt = 1024
    static let noDirectoryAccessTime: UInt = 2048
    static let bind: UInt = 4096
    static let recursive: UInt = 16384
    static let silent: UInt = 1 << 15
    static let unbindable: UInt = 1 << 17
    static let isPrivate: UInt = 1 << 18
    static let slave: UInt = 1 << 19
    static let shared: UInt = 1 << 20
    static let relativeAccessTime: UInt = 1 << 21
    static let versions: UInt = 1 << 23
    static let strictAccessTime: UInt = 1 << 24
    static let lazyTime: UInt = 1 << 25
}
