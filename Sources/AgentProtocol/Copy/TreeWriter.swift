import Glibc
import LinuxSystem

/// Puts a tree that the other side sends where it belongs, and nowhere else: names are taken apart, none may lead upwards, and
/// each file is made in a directory that was made or entered for this tree, by its descriptor, without following a link.
public final class TreeWriter {
    private let place: OwnedDescriptor
    private let name: String
    private let owner: (user: UInt32, group: UInt32)?
    private var levels: [Level] = []
    private var file: OwnedDescriptor?
    private var current: CopyEntry?
    private var left: UInt64 = 0
    private var hasRoot = false

    /// A directory on the way down.
    private final class Level {
        let directory: OwnedDescriptor
        let path: String
        /// What the directory gets when all that is in it is there; nil where it was there before.
        let entry: CopyEntry?

        init(_ directory: consuming OwnedDescriptor, _ path: String, _ entry: CopyEntry?) {
            self.directory = directory
            self.path = path
            self.entry = entry
        }
    }

    /// Begins a tree.
    ///
    /// - Parameters:
    ///   - place: the directory in which its root is made.
    ///   - name: the root's name in it, a single one.
    ///   - owner: whose everything is; nil for the owners that the entries name.
    public init(
        in place: consuming OwnedDescriptor, name: String, owner: (user: UInt32, group: UInt32)?
    ) throws(TreeError) {
        guard Self.isName(name) else { throw TreeError("not a name for a file: \(printable(name))") }
        self.place = place
        self.name = name
        self.owner = owner
    }

    /// Begins what goes into a directory that is there.
    public init(into directory: consuming OwnedDescriptor, owner: (user: UInt32, group: UInt32)?) throws(SystemError) {
        place = try directory.duplicate()
        name = ""
        self.owner = owner
        hasRoot = true
        levels = [Level(directory, "", nil)]
    }

    /// Makes the next file, directory or link.
    public func take(_ entry: CopyEntry) throws {
        try finishFile()
        let components = entry.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if entry.name.isEmpty {
            guard !hasRoot else { throw TreeError("a tree has one root") }
            hasRoot = true
            return try make(entry, name, in: place.number)
        }
        guard components.count <= AgentLimits.depth, components.allSatisfy(Self.isName), let last = components.last
        else {
            throw TreeError("not a name below a tree's root: \(printable(entry.name))")
        }
        let parent = components.dropLast().joined(separator: "/")
        while let level = levels.last, level.path != parent { try leave(level) }
        guard let level = levels.last else { throw TreeError("not in the order of a tree: \(printable(entry.name))") }
        try make(entry, last, in: level.directory.number)
    }

    /// Writes bytes of the file that came last.
    public func take(_ data: [UInt8]) throws {
        guard UInt64(data.count) <= left else { throw TreeError("a file has more bytes than it was to have") }
        left -= UInt64(data.count)
        switch file {
        case .some(let file): try WholeFile.write(data, to: file.number, current?.name ?? "")
        case .none: throw TreeError("bytes of no file")
        }
    }

    /// Ends the tree.
    public func finish() throws {
        try finishFile()
        guard hasRoot else { throw TreeError("a tree without a root") }
        while let level = levels.last { try leave(level) }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && !text.utf8.contains(0) && !text.utf8.contains(UInt8(ascii: "/"))
    }

    private func make(_ entry: CopyEntry, _ name: String, in directory: CInt) throws {
        switch entry.kind {
        case .directory:
            let isNew = unsafe mkdirat(directory, name, 0o700) == 0
            if !isNew, errno != EEXIST { throw SystemError.last("mkdirat", name) }
            guard isNew || Self.isDirectory(name, in: directory) else {
                throw TreeError("cannot copy a directory over the file \(name)")
            }
            let made = try OwnedDescriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
            levels.append(Level(made, entry.name, isNew ? entry : nil))
        case .file(let size):
            try Self.removeFile(name, in: directory)
            file = try OwnedDescriptor.open(
                name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: directory)
            current = entry
            left = size
        case .symbolicLink(let target):
            try Self.removeFile(name, in: directory)
            try systemCall("symlinkat", name) { unsafe symlinkat(target, directory, name) }
            let (user, group) = owner ?? (entry.user, entry.group)
            try permitted("fchownat", name) {
                unsafe fchownat(directory, name, user, group, AT_SYMLINK_NOFOLLOW)
            }
        }
    }

    private static func isDirectory(_ name: String, in directory: CInt) -> Bool {
        var status = stat()
        return unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func removeFile(_ name: String, in directory: CInt) throws {
        if unsafe unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        if errno == EISDIR || errno == EPERM { throw TreeError("cannot copy a file over the directory \(name)") }
        throw SystemError.last("unlinkat", name)
    }

    private func finishFile() throws {
        guard let entry = current, let file = file.take() else { return }
        current = nil
        left = 0
        try apply(entry, to: file.number)
    }

    private func leave(_ level: Level) throws {
        levels.removeLast()
        if let entry = level.entry { try apply(entry, to: level.directory.number) }
    }

    /// Owner first: a change of owner takes set-user-id bits away.
    private func apply(_ entry: CopyEntry, to file: CInt) throws {
        let (user, group) = owner ?? (entry.user, entry.group)
        try permitted("fchown", entry.name) { fchown(file, user, group) }
        try systemCall("fchmod", entry.name) { fchmod(file, entry.mode & 0o7777) }
        let time = timespec(tv_sec: Int(clamping: entry.modified), tv_nsec: 0)
        try systemCall("futimens", entry.name) { unsafe futimens(file, [time, time]) }
    }

    /// Who is not root keeps what he makes.
    private func permitted(_ call: String, _ name: String, _ body: () -> CInt) throws(SystemError) {
        do throws(SystemError) {
            try systemCall(call, name, body)
        } catch {
            if error.number != EPERM || geteuid() == 0 { throw error }
        }
    }
}
