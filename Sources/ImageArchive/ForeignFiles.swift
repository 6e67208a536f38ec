import CArchive
import Glibc
import ImageStore
import LinuxSystem
import OCISpec

/// A file of an archive or a directory that holds images, taken into the store as a blob.
struct ForeignFile {
    var digest: Digest
    var size: Int64
}

/// The files of a docker-archive or an OCI layout, by their paths.
protocol ForeignFiles {
    /// The file, in the store now; nil where there is none of that path.
    func file(_ path: String) throws(ArchiveError) -> ForeignFile?
}

extension ForeignFiles {
    /// The blob of an OCI layout.
    func blob(_ digest: Digest) throws(ArchiveError) -> ForeignFile? {
        try file("blobs/\(digest.algorithm)/\(digest.hex)")
    }
}

/// The digest that a path promises: `blobs/sha256/HEX`.
private func promisedDigest(_ path: String) -> Digest? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "blobs" else { return nil }
    return Digest("\(parts[1]):\(parts[2])")
}

/// The files of a tar archive, which may come through a pipe: all go into the store as they come by, and what is not
/// needed in the end is collected.
final class ArchivedFiles: ForeignFiles {
    private var files: [String: ForeignFile] = [:]
    private var links: [String: String] = [:]

    init(_ archive: consuming OwnedDescriptor, what: String, in store: ImageStore, _ limits: LayerLimits)
        throws(ArchiveError)
    {
        let stream = try LayerStream(archive, what: what, limits: limits)
        let reader = try TarReader(stream)
        var entries = 0
        while let entry = try unsafe reader.next() {
            entries += 1
            if entries > limits.entries { throw .limit("\(what) has more than \(limits.entries) entries") }
            try unsafe take(entry, reader, store, limits)
        }
        _ = try stream.finish()
    }

    private func take(
        _ entry: OpaquePointer, _ reader: TarReader, _ store: ImageStore, _ limits: LayerLimits
    ) throws(ArchiveError) {
        guard let raw = unsafe archive_entry_pathname(entry) else { throw .malformed("an entry has no name") }
        let path = try unsafe EntryPath(raw, limit: limits.pathLength)
        let name = String(decoding: path.bytes, as: UTF8.self)
        if let target = unsafe archive_entry_hardlink(entry) {
            links[name] = unsafe String(cString: target)
            return
        }
        switch unsafe archive_entry_filetype(entry) {
        case S_IFREG:
            links[name] = nil
            files[name] = try copy(reader, expected: promisedDigest(name), store)
        case S_IFLNK:
            guard let target = unsafe archive_entry_symlink(entry) else { return }
            links[name] = Self.resolve(unsafe String(cString: target), from: name)
        default: return
        }
    }

    private func copy(_ reader: TarReader, expected: Digest?, _ store: ImageStore) throws(ArchiveError) -> ForeignFile {
        let writer = try storing { () throws(StoreError) in try store.makeBlobWriter(expected: expected) }
        while let (block, offset) = try unsafe reader.nextBlock() {
            if offset != writer.count { throw .malformed("a file of the archive is sparse") }
            try storing { () throws(StoreError) in try unsafe writer.write(block) }
        }
        let size = writer.count
        return ForeignFile(digest: try storing { () throws(StoreError) in try writer.finish() }, size: size)
    }

    func file(_ path: String) throws(ArchiveError) -> ForeignFile? {
        var path = path
        // Older writers link layers that several images share.
        for _ in 0..<8 {
            if let file = files[path] { return file }
            guard let target = links[path] else { return nil }
            path = target
        }
        return nil
    }

    /// A relative link's target as a path within the archive; it can only name files of the archive, whatever it says.
    static func resolve(_ target: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}

/// The files of a directory, taken into the store when they are asked for.
final class DirectoryFiles: ForeignFiles {
    private let directory: OwnedDescriptor
    private let store: ImageStore

    init(_ path: String, in store: ImageStore) throws(ArchiveError) {
        directory = try archiving { () throws(SystemError) in
            try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        }
        self.store = store
    }

    func file(_ path: String) throws(ArchiveError) -> ForeignFile? {
        guard let file = try open(path) else { return nil }
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .malformed("\(path) is no regular file")
        }
        let expected = promisedDigest(path)
        if let expected {
            let descriptor = Descriptor(mediaType: "", digest: expected, size: Int64(status.st_size))
            if store.hasBlob(descriptor) { return ForeignFile(digest: expected, size: descriptor.size) }
        }
        return try copyToStore(file, path, expected: expected, store)
    }

    private func open(_ path: String) throws(ArchiveError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try OwnedDescriptor.open(path, inRoot: directory.number, O_RDONLY | O_NONBLOCK)
        } catch {
            if error.number == ENOENT { return nil }
            throw .system(error)
        }
    }
}

/// Copies a file or a pipe into the store.
func copyToStore(
    _ file: borrowing OwnedDescriptor, _ what: String, expected: Digest? = nil, _ store: ImageStore
) throws(ArchiveError) -> ForeignFile {
    let writer = try storing { () throws(StoreError) in try store.makeBlobWriter(expected: expected) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    while true {
        var count = 0
        do throws(SystemError) {
            count = try systemCall("read", what) { unsafe read(file.number, buffer.baseAddress, buffer.count) }
        } catch {
            throw .system(error)
        }
        if count == 0 { break }
        try storing { () throws(StoreError) in
            try unsafe writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
    let size = writer.count
    return ForeignFile(digest: try storing { () throws(StoreError) in try writer.finish() }, size: size)
}
