/// Flags of open_tree(2), move_mount(2), fsopen(2), fsconfig(2), mount_setattr(2) and the *at calls
/// (`linux/mount.h`, `linux/fcntl.h`).
public enum TreeFlag {
    /// OPEN_TREE_CLONE.
    public static let clone: UInt32 = 1
    /// OPEN_TREE_CLOEXEC.
    public static let closeOnExec: UInt32 = 0o2000000
    /// AT_EMPTY_PATH.
    public static let emptyPath: UInt32 = 0x1000
    /// AT_RECURSIVE.
    public static let recursive: UInt32 = 0x8000
    /// MOVE_MOUNT_F_EMPTY_PATH.
    public static let moveFromEmptyPath: UInt32 = 0x4
    /// MOVE_MOUNT_T_EMPTY_PATH.
    public static let moveToEmptyPath: UInt32 = 0x40
    /// FSOPEN_CLOEXEC.
    public static let fsOpenCloseOnExec: UInt32 = 1
    /// FSMOUNT_CLOEXEC.
    public static let fsMountCloseOnExec: UInt32 = 1
    /// FSCONFIG_SET_FLAG.
    public static let setFlag: UInt32 = 0
    /// FSCONFIG_SET_STRING.
    public static let setString: UInt32 = 1
    /// FSCONFIG_CMD_CREATE.
    public static let create: UInt32 = 6
}
