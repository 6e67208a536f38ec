import Glibc
import LinuxSystem

/// What a file system knows of a file. One that nobody has changed or replaced has the same of all these (inode(7)): the
/// time of the last change of status is set by the kernel alone.
public struct FileStamp: Codable, Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var modified: Int64
    var changed: Int64

    init(_ file: borrowing OwnedDescriptor, _ path: String) throws(SystemError) {
        var status = stat()
        try systemCall("fstat", path) { unsafe fstat(file.number, &status) }
        self.init(status)
    }

    init(path: String) throws(SystemError) {
        var status = stat()
        try systemCall("stat", path) { unsafe stat(path, &status) }
        self.init(status)
    }

    private init(_ status: stat) {
        (device, inode, size) = (UInt64(status.st_dev), UInt64(status.st_ino), Int64(status.st_size))
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// All of it as one word.
    var text: String { "\(device):\(inode):\(size):\(modified):\(changed)" }

    /// The same file with the same contents, for all that its owner did not forge: a further link to it changes its status.
    func isSameFile(as other: FileStamp) -> Bool {
        (device, inode, size, modified) == (other.device, other.inode, other.size, other.modified)
    }
}
