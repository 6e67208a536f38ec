import CArchive
import CLinux
import Glibc
import ImageStore
import LinuxSystem

/// Unpacks one layer's entries into its directory.
final class LayerUnpacker {
    let tree: LayerTree
    let options: UnpackOptions
    private let reader: TarReader
    private var directoryTimes: [(path: EntryPath, access: timespec, modification: timespec)] = []

    /// Bytes of files written so far.
    private(set) var size: Int64 = 0
    /// Entries so far.
    private(set) var entries = 0

    init(_ stream: LayerStream, into directory: String, _ options: UnpackOptions) throws(ArchiveError) {
        reader = try TarReader(stream)
        tree = try LayerTree(directory)
        self.options = options
    }

    /// Unpacks all entries.
    func run() throws(ArchiveError) {
        while let entry = try unsafe reader.next() {
            entries += 1
            if entries > options.limits.entries {
                throw .limit("the layer has more than \(options.limits.entries) entries")
            }
            try unsafe unpack(entry)
        }
        try setDirectoryTimes()
    }

    private func unpack(_ entry: OpaquePointer) throws(ArchiveError) {
        guard let raw = unsafe archive_entry_pathname(entry) else { throw .malformed("an entry has no name") }
        let path = try unsafe EntryPath(raw, limit: options.limits.pathLength)
        if options.isLayer, path.hasWhiteoutParent {
            throw .refused(entry: path.description, reason: "a directory above it has a whiteout's name")
        }
        if options.isLayer, path.name.starts(with: EntryPath.whiteoutPrefix) { return try whiteOut(path) }
        let metadata = try unsafe EntryMetadata(entry)
        if let target = unsafe archive_entry_hardlink(entry) { return try unsafe link(path, to: target) }
        let type = unsafe archive_entry_filetype(entry)
        if path.isRoot, type != S_IFDIR {
            throw .refused(entry: "/", reason: "the layer's own directory can only be a directory")
        }
        switch type {
        case S_IFREG: try unsafe writeFile(path, entry, metadata)
        case S_IFDIR: try unsafe makeDirectory(path, entry, metadata)
        case S_IFLNK: try unsafe makeSymbolicLink(path, entry, metadata)
        case S_IFCHR, S_IFBLK, S_IFIFO: try unsafe makeNode(path, entry, metadata, type)
        default: throw .refused(entry: path.description, reason: "it is of a kind that no layer has")
        }
    }

    private func writeFile(_ path: EntryPath, _ entry: OpaquePointer, _ metadata: EntryMetadata) throws(ArchiveError) {
        let length = unsafe Int64(archive_entry_size(entry))
        guard length >= 0, length <= options.limits.fileSize else {
            throw .limit("entry '\(path.description)' claims \(length) bytes, more than \(options.limits.fileSize)")
        }
        let holder = try holder(of: path)
        let number = try making(path, "open") {
            unsafe path.withName {
                unsafe openat(holder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            }
        }
        let file = OwnedDescriptor(owning: number)
        try writeContents(path, to: file.number, length)
        try setOwner(path, metadata) { fchown(file.number, $0, $1) }
        try archiving { () throws(SystemError) in
            _ = try systemCall("chmod", path.description) { fchmod(file.number, metadata.mode) }
        }
        // After the owner: a change of owner takes capabilities away.
        try unsafe ExtendedAttribute.apply(entry, path.description, to: file.number, path: "")
        try unsafe setTimes(path, metadata) { unsafe futimens(file.number, $0) }
    }

    private func writeContents(_ path: EntryPath, to file: CInt, _ length: Int64) throws(ArchiveError) {
        if length == 0 { return }
        var end: Int64 = 0
        while let (block, start) = try unsafe reader.nextBlock() {
            var rest = unsafe block
            var offset = start
            guard offset >= 0, offset <= length, Int64(rest.count) <= length - offset else {
                throw .malformed("the contents of '\(path.description)' are longer than its header says")
            }
            while unsafe !rest.isEmpty {
                let count = try archiving { () throws(SystemError) in
                    try systemCall("write", path.description) {
                        unsafe pwrite(file, rest.baseAddress, rest.count, off_t(offset))
                    }
                }
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                offset += Int64(count)
                size += Int64(count)
            }
            end = max(end, offset)
        }
        if end < length {
            // The hole at the end of a sparse file.
            try archiving { () throws(SystemError) in
                _ = try systemCall("ftruncate", path.description) { ftruncate(file, off_t(length)) }
            }
        }
    }

    private func makeDirectory(
        _ path: EntryPath, _ entry: OpaquePointer, _ metadata: EntryMetadata
    ) throws(ArchiveError) {
        if !path.isRoot { try makeDirectoryName(path) }
        let file = OwnedDescriptor(owning: try openDirectory(path))
        try setOwner(path, metadata) { fchown(file.number, $0, $1) }
        try archiving { () throws(SystemError) in
            _ = try systemCall("chmod", path.description) { fchmod(file.number, metadata.mode) }
        }
        try unsafe ExtendedAttribute.apply(entry, path.description, to: file.number, path: "")
        directoryTimes.append((path, metadata.accessTime, metadata.modificationTime))
    }

    private func makeDirectoryName(_ path: EntryPath) throws(ArchiveError) {
        let holder = try holder(of: path)
        if unsafe path.withName({ unsafe mkdirat(holder, $0, 0o755) }) == 0 { return }
        if errno != EEXIST { throw .system(.last("mkdir", path.description)) }
        var status = stat()
        if unsafe path.withName({ unsafe fstatat(holder, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0,
            status.st_mode & S_IFMT == S_IFDIR
        {
            return
        }
        let wasWhiteout = status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
        _ = try making(path, "mkdir") { unsafe path.withName { unsafe mkdirat(holder, $0, 0o755) } }
        if wasWhiteout { try makeOpaque(path) }
    }

    /// Opens a directory that is the entry itself, not what a symbolic link of that name leads to.
    func openDirectory(_ path: EntryPath) throws(ArchiveError) -> CInt {
        if path.isRoot { return try tree.open(path, O_RDONLY | O_DIRECTORY, makeMissing: false) }
        let holder = try holder(of: path)
        return try archiving { () throws(SystemError) in
            try systemCall("open", path.description) {
                unsafe path.withName { unsafe openat(holder, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            }
        }
    }

    private func setDirectoryTimes() throws(ArchiveError) {
        for (path, access, modification) in directoryTimes.reversed() {
            // A later entry may have put something else in the directory's place.
            guard let number = try? openDirectory(path) else { continue }
            let file = OwnedDescriptor(owning: number)
            let times = [access, modification]
            try archiving { () throws(SystemError) in
                _ = try systemCall("utimensat", path.description) { unsafe futimens(file.number, times) }
            }
        }
    }
}
