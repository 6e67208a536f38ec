import CLinux
import Glibc
import LinuxSystem

/// What the kernel tells of this process's own pages: whether there is something behind each (/proc/self/pagemap). Opened
/// before the process is shut in.
public struct PageTable: ~Copyable, Sendable {
    private let file: OwnedDescriptor

    /// A page's entry (the kernel's Documentation/admin-guide/mm/pagemap.rst).
    struct Entry {
        let bits: UInt64
        /// It is in memory, or swapped out: not one that was never touched.
        var isTouched: Bool { bits >> 62 != 0 }
        /// It is still the file's, and not written by this process.
        var isOfFile: Bool { bits >> 61 == 0b101 }
    }

    /// The most entries that are read at a time.
    static let maximumCount = 4096

    /// Opens it without any capability in force: who has CAP_SYS_ADMIN then is later shown physical addresses.
    public init() throws(SystemError) {
        var (effective, permitted, inheritable): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try systemCall("capget") { unsafe linux_capget(&effective, &permitted, &inheritable) }
        try systemCall("capset") { linux_capset(0, permitted, inheritable) }
        let opened = Result { () throws(SystemError) in
            try OwnedDescriptor.open("/proc/self/pagemap", O_RDONLY).release()
        }
        // Before anything else; it is only what was there before.
        try systemCall("capset") { linux_capset(effective, permitted, inheritable) }
        file = OwnedDescriptor(owning: try opened.get())
    }

    /// The entries of `count` pages, at most `maximumCount`, from an address of this process on.
    func entries(from address: UInt64, count: Int) throws(SystemError) -> [Entry] {
        var words = [UInt64](repeating: 0, count: min(count, Self.maximumCount))
        let size = 8 * words.count
        let length = try systemCall("pread", "/proc/self/pagemap") {
            // As many bytes as the array has.
            unsafe pread(file.number, &words, size, off_t(address / GuestMapping.pageSize * 8))
        }
        if length < size { throw SystemError("pread", "/proc/self/pagemap", number: EIO) }
        return words.map { Entry(bits: $0) }
    }
}
