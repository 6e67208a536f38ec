import Glibc
import LinuxSystem
import OCISpec

/// Takes the bytes of a blob into the store: they get their name only when their digest and their size are right.
/// Dropping the writer removes what was written. Its maker holds a `ContentHold` until the blob is referred to.
public final class BlobWriter {
    private let store: ImageStore
    private let file: OwnedDescriptor
    private let temporary: String
    private let expected: Digest?
    private let size: Int64?
    private var hash: ContentHash
    private var isFinished = false

    /// Bytes taken so far.
    public private(set) var count: Int64 = 0

    init(_ store: ImageStore, expected: Digest?, size: Int64?) throws(StoreError) {
        try store.makeLayout()
        self.store = store
        self.expected = expected
        self.size = size
        hash = ContentHash(algorithm: expected?.algorithm ?? "sha256")
        let path = store.layout + "/" + StoreFiles.unique("tmp-")
        temporary = path
        file = try storing { () throws(SystemError) in
            try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        }
    }

    deinit {
        if !isFinished { _ = unsafe unlink(temporary) }
    }

    /// Takes further bytes.
    ///
    /// - Throws: `StoreError.wrongSize` as soon as there are more than announced.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        if let size, let expected, count + Int64(bytes.count) > size {
            throw .wrongSize(expected, expected: size, found: count + Int64(bytes.count))
        }
        unsafe hash.update(bytes)
        try unsafe StoreFiles.write(bytes, to: file.number, temporary)
        count += Int64(bytes.count)
    }

    /// Takes further bytes.
    public func write(_ bytes: [UInt8]) throws(StoreError) {
        try unsafe bytes.span.bytes.withUnsafeBytes { (buffer) throws(StoreError) in try unsafe write(buffer) }
    }

    /// Ends the blob: verifies digest and size, makes it durable and gives it its name.
    @discardableResult
    public func finish() throws(StoreError) -> Digest {
        let found = hash.finish()
        if let expected {
            if let size, count != size { throw .wrongSize(expected, expected: size, found: count) }
            if found != expected { throw .wrongDigest(expected: expected, found: found) }
        }
        try store.place(file, temporary, as: found)
        isFinished = true
        return found
    }
}

extension ImageStore {
    /// Makes a file durable, and gives it the name of the blob that it is.
    func place(_ file: borrowing OwnedDescriptor, _ temporary: String, as digest: Digest) throws(StoreError) {
        let path = blobPath(digest)
        if digest.algorithm != "sha256" { try StoreFiles.makeDirectories("\(layout)/blobs/\(digest.algorithm)") }
        let number = file.number
        try storing { () throws(SystemError) in
            try systemCall("fsync", temporary) { fsync(number) }
            try systemCall("rename", path) { unsafe rename(temporary, path) }
        }
        try StoreFiles.syncDirectory(of: path)
    }

    /// Begins a blob.
    ///
    /// - Parameters:
    ///   - expected: what it must turn out to be; nil where the digest is not known before.
    ///   - size: its bytes, where they are known.
    public func makeBlobWriter(expected: Digest? = nil, size: Int64? = nil) throws(StoreError) -> BlobWriter {
        try BlobWriter(self, expected: expected, size: size)
    }

    /// Adds a blob that is in memory, such as a manifest.
    @discardableResult
    public func addBlob(_ bytes: [UInt8], expected: Digest? = nil) throws(StoreError) -> Digest {
        let digest = ContentHash.digest(bytes, algorithm: expected?.algorithm ?? "sha256")
        if let expected, digest != expected { throw .wrongDigest(expected: expected, found: digest) }
        var status = stat()
        if unsafe stat(blobPath(digest), &status) == 0, Int(status.st_size) == bytes.count { return digest }
        let writer = try makeBlobWriter(expected: expected)
        try writer.write(bytes)
        return try writer.finish()
    }
}
