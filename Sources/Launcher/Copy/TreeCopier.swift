import CLinux
import Glibc
import LinuxSystem

/// Copies files and directories between a container and the host by descriptors alone: nothing that a workload does to
/// its names meanwhile can lead a copy out of the container's root.
///
/// Modes and times are kept, and with `keepsOwners` owners; otherwise new files belong to `owner`.
public struct TreeCopier {
    /// How a copy is made.
    public struct Options: Sendable {
        /// Whether owners are kept (`-a`).
        public var keepsOwners: Bool
        /// Whether a symbolic link that was named is followed (`-L`).
        public var followsLink: Bool

        /// Makes options.
        public init(keepsOwners: Bool = false, followsLink: Bool = false) {
            self.keepsOwners = keepsOwners
            self.followsLink = followsLink
        }
    }

    /// Directories within each other, at most: each holds a descriptor open.
    static let maximumDepth = 512

    private let options: Options
    private let owner: (uid: uid_t, gid: gid_t)
    /// Where a file with several names was copied to, by device and inode.
    private var links: [FileIdentity: CopiedName] = [:]
    private var depth = 0

    private struct FileIdentity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// A name below the top of the copy, by the names of the directories on the way.
    private struct CopiedName {
        let path: [String]
    }

    private var here: [String] = []

    /// Copies `source` to `target` with Docker's rules for what exists and for `/.` at the end.
    ///
    /// - Throws: `CopyError` where the rules forbid it, `SystemError` where a call fails.
    public static func copy(from source: CopyPlace, to target: CopyPlace, _ options: Options) throws {
        guard let kind = try sourceKind(source, options) else {
            throw CopyError("\(source.path): no such file or directory")
        }
        let (directory, name) = try CopyRules.target(of: source, kind, target) { path in try target.kind(path) }
        let toContainer = target.isContainer
        var copier = TreeCopier(
            options: options, owner: toContainer ? (uid: 0, gid: 0) : (uid: geteuid(), gid: getegid()))
        let path = source.trimmed
        let noFollow = options.followsLink || source.saysDirectory ? 0 : O_NOFOLLOW
        let entry = try source.open(path, O_PATH | noFollow)
        let status = try FileStatus.of(entry.number, path)
        let top = try target.open(directory, O_RDONLY | O_DIRECTORY)
        if let name {
            try copier.copyEntry(source: entry.number, status, label: path, to: top.number, name, top: top.number)
        } else {
            let opened = try Self.reopen(entry.number, O_RDONLY | O_DIRECTORY, path)
            try copier.copyContents(of: opened.number, to: top.number, top: top.number)
        }
    }

    private static func sourceKind(_ source: CopyPlace, _ options: Options) throws(SystemError) -> mode_t? {
        if options.followsLink || source.saysDirectory { return try source.kind(source.trimmed) }
        do throws(SystemError) {
            let descriptor = try source.open(source.trimmed, O_PATH | O_NOFOLLOW)
            return try FileStatus.of(descriptor.number, source.path).st_mode & S_IFMT
        } catch {
            if error.number == ENOENT || error.number == ENOTDIR { return nil }
            throw error
        }
    }

    private init(options: Options, owner: (uid: uid_t, gid: gid_t)) {
        self.options = options
        self.owner = owner
    }

    private static func reopen(_ descriptor: CInt, _ flags: CInt, _ label: String) throws(SystemError)
        -> OwnedDescriptor
    {
        OwnedDescriptor(
            owning: try systemCall("open", label) { unsafe open("/proc/self/fd/\(descriptor)", flags | O_CLOEXEC) })
    }

    private mutating func copyEntry(
        source: CInt, _ status: stat, label: String, to directory: CInt, _ name: String, top: CInt
    ) throws {
        let kind = status.st_mode & S_IFMT
        if kind == S_IFDIR {
            try copyDirectory(source, status, label: label, to: directory, name, top: top)
            return
        }
        try Self.removeFile(name, in: directory)
        if try linkToEarlierCopy(status, to: directory, name, top: top) { return }
        switch kind {
        case S_IFREG: try copyFile(source, label: label, to: directory, name)
        case S_IFLNK:
            let link = try Self.readLink(source, label)
            try systemCall("symlinkat", name) { unsafe symlinkat(link, directory, name) }
        case S_IFIFO, S_IFCHR, S_IFBLK:
            try systemCall("mknodat", name) { unsafe mknodat(directory, name, status.st_mode, status.st_rdev) }
        case S_IFSOCK: return  // Nothing could connect to a copy.
        default: throw CopyError("\(label): a kind of file that cannot be copied")
        }
        try applyAttributes(status, to: directory, name)
    }

    private mutating func linkToEarlierCopy(
        _ status: stat, to directory: CInt, _ name: String, top: CInt
    ) throws(SystemError) -> Bool {
        guard status.st_nlink > 1 else { return false }
        let identity = FileIdentity(device: status.st_dev, inode: status.st_ino)
        guard let earlier = links[identity] else {
            links[identity] = CopiedName(path: here + [name])
            return false
        }
        let path = earlier.path.joined(separator: "/")
        let parent = earlier.path.dropLast().joined(separator: "/")
        let holder = try OwnedDescriptor.open(parent.isEmpty ? "." : parent, inRoot: top, O_PATH | O_DIRECTORY)
        try systemCall("linkat", path) {
            unsafe linkat(holder.number, earlier.path.last ?? name, directory, name, 0)
        }
        return true
    }

    private mutating func copyDirectory(
        _ source: CInt, _ status: stat, label: String, to directory: CInt, _ name: String, top: CInt
    ) throws {
        if unsafe mkdirat(directory, name, 0o700) != 0 {
            guard errno == EEXIST else { throw SystemError.last("mkdirat", name) }
            let existing = try FileStatus.of(name, in: directory)
            guard existing.st_mode & S_IFMT == S_IFDIR else {
                throw CopyError("cannot copy the directory \(label) over the file \(name)")
            }
        }
        let opened = try Self.reopen(source, O_RDONLY | O_DIRECTORY, label)
        let made = try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
        here.append(name)
        try copyContents(of: opened.number, to: made.number, top: top)
        here.removeLast()
        try applyAttributes(status, to: directory, name)
    }

    private mutating func copyContents(of source: CInt, to directory: CInt, top: CInt) throws {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw CopyError("directories are nested deeper than \(Self.maximumDepth)") }
        for name in try WholeFile.names(of: source) {
            let number = unsafe openat(source, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
            if number < 0, errno == ENOENT { continue }  // The workload removed it meanwhile.
            if number < 0 { throw SystemError.last("openat", name) }
            let entry = OwnedDescriptor(owning: number)
            let status = try FileStatus.of(entry.number, name)
            try copyEntry(source: entry.number, status, label: name, to: directory, name, top: top)
        }
    }

    private func copyFile(_ source: CInt, label: String, to directory: CInt, _ name: String) throws(SystemError) {
        let input = try Self.reopen(source, O_RDONLY | O_NONBLOCK, label)
        let output = try OwnedDescriptor.open(
            name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: directory)
        try FileContents.copy(from: input.number, to: output.number, label)
    }

    private static func removeFile(_ name: String, in directory: CInt) throws {
        if unsafe unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        if errno == EISDIR || errno == EPERM {
            throw CopyError("cannot copy a file over the directory \(name)")
        }
        throw SystemError.last("unlinkat", name)
    }

    private static func readLink(_ descriptor: CInt, _ label: String) throws(SystemError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = try systemCall("readlinkat", label) { unsafe readlinkat(descriptor, "", &bytes, Int(PATH_MAX)) }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func applyAttributes(_ status: stat, to directory: CInt, _ name: String) throws(SystemError) {
        let owner = options.keepsOwners ? (uid: status.st_uid, gid: status.st_gid) : self.owner
        if unsafe fchownat(directory, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0, geteuid() == 0 {
            throw SystemError.last("fchownat", name)
        }
        if status.st_mode & S_IFMT != S_IFLNK {
            let entry = try OwnedDescriptor.open(name, O_PATH | O_NOFOLLOW, at: directory)
            try systemCall("chmod", name) { unsafe chmod("/proc/self/fd/\(entry.number)", status.st_mode & 0o7777) }
        }
        var times = [status.st_atim, status.st_mtim]
        try systemCall("utimensat", name) { unsafe utimensat(directory, name, &times, AT_SYMLINK_NOFOLLOW) }
    }
}
