import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A blob that is fetched, perhaps in several tries: what came of it stays under a name of its own, and whoever fetches it
/// next goes on with that. Its maker holds a `ContentHold` until the blob is referred to.
public final class PartialBlob {
    /// What it must turn out to be.
    public let descriptor: Descriptor
    /// Bytes that are here.
    public private(set) var count: Int64 = 0
    /// Whether bytes of an earlier process are among them, which a crash of the machine may have damaged.
    public private(set) var isResumed = false

    private let store: ImageStore
    private let path: String
    private let file: OwnedDescriptor
    private var hash: ContentHash

    fileprivate init?(_ store: ImageStore, _ descriptor: Descriptor) throws(StoreError) {
        self.store = store
        self.descriptor = descriptor
        path = store.partialPath(descriptor.digest)
        hash = ContentHash(algorithm: descriptor.digest.algorithm)
        let path = path
        file = try storing { () throws(SystemError) in
            try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
        }
        guard try lock() else { return nil }
        try takeOver()
    }

    /// - Returns: whether the file is ours alone, and still has its name: who had it may have finished it.
    private func lock() throws(StoreError) -> Bool {
        do throws(SystemError) {
            try systemCall("flock", path) { linux_flock(file.number, LOCK_EX | LOCK_NB) }
        } catch {
            if error.number == EWOULDBLOCK { return false }
            throw .system(error)
        }
        var opened = stat()
        var named = stat()
        return unsafe fstat(file.number, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }

    /// Hashes what is there.
    private func takeOver() throws(StoreError) {
        count = try storing { () throws(SystemError) in
            try hash.update(reading: file, path, limit: descriptor.size)
        }
        if count > descriptor.size { return try restart() }
        isResumed = count > 0
    }

    /// Takes further bytes.
    ///
    /// - Throws: `StoreError.wrongSize` where there are more than announced; none of them is taken.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        if Int64(bytes.count) > descriptor.size - count {
            throw .wrongSize(descriptor.digest, expected: descriptor.size, found: count + Int64(bytes.count))
        }
        try unsafe StoreFiles.write(bytes, to: file.number, path)
        unsafe hash.update(bytes)
        count += Int64(bytes.count)
    }

    /// Forgets all bytes: the next are the first.
    public func restart() throws(StoreError) {
        try storing { () throws(SystemError) in
            try systemCall("ftruncate", path) { ftruncate(file.number, 0) }
            try systemCall("lseek", path) { lseek(file.number, 0, SEEK_SET) }
        }
        hash = ContentHash(algorithm: descriptor.digest.algorithm)
        count = 0
        isResumed = false
    }

    /// Removes what is here: another process has brought the blob.
    public func discard() throws(StoreError) {
        try storing { () throws(SystemError) in _ = try systemCall("unlink", path) { unsafe unlink(path) } }
    }

    /// Ends the blob: verifies digest and size, makes it durable and gives it its name. Wrong bytes are forgotten.
    public func finish() throws(StoreError) {
        if count != descriptor.size {
            throw .wrongSize(descriptor.digest, expected: descriptor.size, found: count)
        }
        let found = hash.finish()
        if found != descriptor.digest {
            try restart()
            throw .wrongDigest(expected: descriptor.digest, found: found)
        }
        try store.place(file, path, as: found)
    }
}

extension ImageStore {
    func partialPath(_ digest: Digest) -> String { "\(layout)/partial-\(digest.algorithm)-\(digest.hex)" }

    /// Begins a blob, or goes on with what an earlier try brought of it.
    ///
    /// - Returns: nil while another process is at it.
    public func openPartialBlob(_ descriptor: Descriptor) throws(StoreError) -> PartialBlob? {
        try makeLayout()
        return try PartialBlob(self, descriptor)
    }

    /// Bytes that unprivileged users can still write where blobs are.
    public func availableSpace() throws(StoreError) -> Int64 {
        try makeLayout()
        var status = statvfs()
        try storing { () throws(SystemError) in
            _ = try systemCall("statvfs", layout) { unsafe statvfs(layout, &status) }
        }
        return Int64(clamping: status.f_bavail.multipliedReportingOverflow(by: status.f_frsize).partialValue)
    }

    /// How long what came of a blob is kept, in seconds: a day.
    private static let partialAge = 24 * 60 * 60

    /// Removes partial blobs with which nobody has gone on for a day. Under the exclusive lock nobody is at one.
    func sweepPartialBlobs() throws(StoreError) {
        for name in try StoreFiles.names(in: layout) where name.hasPrefix("partial-") {
            let path = layout + "/" + name
            var status = stat()
            guard unsafe lstat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec > Self.partialAge else {
                continue
            }
            try storing { () throws(SystemError) in try TreeRemoval.remove(path) }
        }
    }
}
