/// The options of one mount, taken apart (config.md, "Linux mount options").
struct MountOptions: Equatable {
    /// Whether it is a bind mount, and of the whole tree.
    var bind = false
    var recursiveBind = false
    /// Attributes of the mount itself: set, and cleared (which matters for bind mounts, that inherit them).
    var set: UInt64 = 0
    var cleared: UInt64 = 0
    /// Attributes of the mount and all below it.
    var recursiveSet: UInt64 = 0
    var recursiveCleared: UInt64 = 0
    /// Flags of the file system rather than of the mount, for mount(2).
    var fileSystemFlags: UInt = 0
    /// Propagation, as a flag of mount(2), and whether for the whole tree.
    var propagation: UInt = 0
    var recursivePropagation = false
    /// Whether a tmpfs begins with what the image has there.
    var copyUp = false
    /// Whether ids are mapped, and for the whole tree.
    var idMapped = false
    var recursiveIDMapped = false
    /// All else: the file system's own options.
    var data: [String] = []

    private enum Meaning {
        case attribute(set: UInt64, clear: UInt64)
        case fileSystem(UInt, Bool)
        case propagation(UInt, recursive: Bool)
    }

    private static func meaning(_ name: Substring) -> Meaning? {
        switch name {
        case "ro": .attribute(set: MountAttribute.readOnly, clear: 0)
        case "rw": .attribute(set: 0, clear: MountAttribute.readOnly)
        case "nosuid": .attribute(set: MountAttribute.noSetUID, clear: 0)
        case "suid": .attribute(set: 0, clear: MountAttribute.noSetUID)
        case "nodev": .attribute(set: MountAttribute.noDevices, clear: 0)
        case "dev": .attribute(set: 0, clear: MountAttribute.noDevices)
        case "noexec": .attribute(set: MountAttribute.noExecute, clear: 0)
        case "exec": .attribute(set: 0, clear: MountAttribute.noExecute)
        case "nodiratime": .attribute(set: MountAttribute.noDirectoryAccessTime, clear: 0)
        case "diratime": .attribute(set: 0, clear: MountAttribute.noDirectoryAccessTime)
        // Access times are one field: to set one kind the field is cleared.
        case "noatime": .attribute(set: MountAttribute.noAccessTime, clear: MountAttribute.accessTimes)
        case "relatime", "atime", "nostrictatime": .attribute(set: 0, clear: MountAttribute.accessTimes)
        case "strictatime", "norelatime":
            .attribute(set: MountAttribute.strictAccessTime, clear: MountAttribute.accessTimes)
        case "nosymfollow": .attribute(set: MountAttribute.noSymlinkFollow, clear: 0)
        case "symfollow": .attribute(set: 0, clear: MountAttribute.noSymlinkFollow)
        case "sync": .fileSystem(MountFlag.synchronous, true)
        case "async": .fileSystem(MountFlag.synchronous, false)
        case "dirsync": .fileSystem(MountFlag.synchronousDirectories, true)
        case "mand": .fileSystem(MountFlag.mandatoryLocks, true)
        case "nomand": .fileSystem(MountFlag.mandatoryLocks, false)
        case "lazytime": .fileSystem(MountFlag.lazyTime, true)
        case "nolazytime": .fileSystem(MountFlag.lazyTime, false)
        case "iversion": .fileSystem(MountFlag.versions, true)
        case "noiversion": .fileSystem(MountFlag.versions, false)
        case "silent": .fileSystem(MountFlag.silent, true)
        case "loud": .fileSystem(MountFlag.silent, false)
        case "private": .propagation(MountFlag.isPrivate, recursive: false)
        case "rprivate": .propagation(MountFlag.isPrivate, recursive: true)
        case "slave": .propagation(MountFlag.slave, recursive: false)
        case "rslave": .propagation(MountFlag.slave, recursive: true)
        case "shared": .propagation(MountFlag.shared, recursive: false)
        case "rshared": .propagation(MountFlag.shared, recursive: true)
        case "unbindable": .propagation(MountFlag.unbindable, recursive: false)
        case "runbindable": .propagation(MountFlag.unbindable, recursive: true)
        default: nil
        }
    }

    /// Takes a list of options apart; later ones win.
    init(_ options: [String]) {
        for option in options { add(option) }
    }

    private mutating func add(_ option: String) {
        switch option {
        case "defaults", "": return
        case "bind": bind = true
        case "rbind": (bind, recursiveBind) = (true, true)
        case "tmpcopyup": copyUp = true
        case "idmap": idMapped = true
        case "ridmap": (idMapped, recursiveIDMapped) = (true, true)
        default:
            switch Self.meaning(option[...]) {
            case .attribute(let attribute, let clear)?:
                set = set & ~clear | attribute
                cleared = cleared & ~attribute | clear
                return
            case .fileSystem(let flag, let on)?:
                if on { fileSystemFlags |= flag } else { fileSystemFlags &= ~flag }
                return
            case .propagation(let flag, let recursive)?:
                (propagation, recursivePropagation) = (flag, recursive)
                return
            case nil: break
            }
            // `rro`, `rnosuid` and so on: the attribute for the whole tree.
            if option.hasPrefix("r"), case .attribute(let attribute, let clear)? = Self.meaning(option.dropFirst()) {
                recursiveSet = recursiveSet & ~clear | attribute
                recursiveCleared = recursiveCleared & ~attribute | clear
                return
            }
            data.append(option)
        }
    }

    /// Whether mounts of the host's are to be seen in it, or its mounts by the host.
    var propagatesFromHost: Bool { propagation & (MountFlag.shared | MountFlag.slave) != 0 }

    /// Whether the mount is to be read-only in the end.
    var readOnly: Bool { (set | recursiveSet) & MountAttribute.readOnly != 0 }

    /// The attributes and the file system's flags for mount(2).
    var mountFlags: UInt {
        let all = set | recursiveSet
        var flags = fileSystemFlags
        let pairs: [(UInt64, UInt)] = [
            (MountAttribute.readOnly, MountFlag.readOnly), (MountAttribute.noSetUID, MountFlag.noSetUID),
            (MountAttribute.noDevices, MountFlag.noDevices), (MountAttribute.noExecute, MountFlag.noExecute),
            (MountAttribute.noAccessTime, MountFlag.noAccessTime),
            (MountAttribute.strictAccessTime, MountFlag.strictAccessTime),
            (MountAttribute.noDirectoryAccessTime, MountFlag.noDirectoryAccessTime),
            (MountAttribute.noSymlinkFollow, MountFlag.noSymlinkFollow),
        ]
        for (attribute, flag) in pairs where all & attribute != 0 { flags |= flag }
        return flags
    }
}
