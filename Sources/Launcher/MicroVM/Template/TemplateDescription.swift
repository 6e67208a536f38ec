import Glibc
import JSON
import LinuxSystem

/// What a template is of, and how to see that it is whole: `description.json`.
public struct TemplateDescription: Codable, Equatable, Sendable {
    /// The kernel's path.
    public var kernel: String
    /// MiB of the guest.
    public var memory: Int64
    /// The guest's processors.
    public var processors: Int
    /// When it was made, in nanoseconds since 1970.
    public var created: Int64
    /// The digest of the state file, which is verified at each use.
    public var stateDigest: String
    /// The digest of the memory file, which `hull template inspect` verifies: reading it takes longer than a start.
    public var memoryDigest: String
    /// What the file system knows of the memory file, which is verified at each use.
    public var memoryFile: FileStamp

    /// A file that nobody has changed or replaced has the same of all these (inode(7)): the time of the last change of
    /// status is set by the kernel alone.
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
    }
}
