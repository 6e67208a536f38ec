import CLinux
import Glibc
import LinuxSystem

/// Memory of this process that serves as a guest's: mapped with an inaccessible page before and behind it, and
/// unmapped when the owner goes.
@safe public struct GuestMapping: ~Copyable, @unchecked Sendable {
    /// What is behind the memory, which decides how it is given back.
    public enum Backing: Sendable {
        /// Anonymous and private.
        case anonymous
        /// A file in memory, mapped shared, which another process can map too; with its descriptor.
        case memoryFile
        /// A file that is read where the guest has not written (a snapshot's memory).
        case privateFile
    }

    /// Bytes; a multiple of the page size.
    public let size: UInt64
    /// What is behind it.
    public let backing: Backing
    /// The file behind it; nil for anonymous memory.
    let file: OwnedDescriptor?
    /// Where it begins in the file.
    let fileOffset: UInt64
    /// The start of `size` readable and writable bytes, which stay mapped for as long as this value lives.
    @usableFromInline let base: UnsafeMutableRawPointer

    /// The size of a page, and of each guard (x86-64).
    public static let pageSize: UInt64 = 4096

    /// Maps anonymous memory. Pages cost nothing until they are touched.
    public static func anonymous(size: UInt64) throws(GuestMemoryError) -> GuestMapping {
        try GuestMapping(size: size, backing: .anonymous, file: nil, descriptor: -1, offset: 0)
    }

    /// Makes a memory file of a fixed size (memfd_create(2), sealed) and maps it shared.
    ///
    /// - Parameter name: what /proc shows.
    public static func memoryFile(name: String, size: UInt64) throws(GuestMemoryError) -> GuestMapping {
        try checkSize(size)
        let file = try sealedFile(name, size)
        let number = file.number
        return try GuestMapping(
            size: size, backing: .memoryFile, file: file, descriptor: number, offset: 0)
    }

    /// Maps part of a file private: what the guest writes is its own and the file stays as it is. The caller vouches
    /// that the file does not shrink.
    ///
    /// - Parameters:
    ///   - descriptor: open for reading; not needed after this call.
    ///   - offset: bytes; a multiple of the page size.
    public static func privateFile(
        _ descriptor: CInt, offset: UInt64, size: UInt64
    ) throws(GuestMemoryError) -> GuestMapping {
        let file: OwnedDescriptor
        do throws(SystemError) { file = try .duplicating(descriptor) } catch { throw .system(error) }
        let number = file.number
        return try GuestMapping(
            size: size, backing: .privateFile, file: file, descriptor: number, offset: offset)
    }

    private static func sealedFile(_ name: String, _ size: UInt64) throws(GuestMemoryError) -> OwnedDescriptor {
        do throws(SystemError) {
            let file = OwnedDescriptor(
                owning: try systemCall("memfd_create", name) {
                    unsafe linux_memfd_create(name, UInt32(MFD_CLOEXEC | MFD_ALLOW_SEALING))
                })
            try systemCall("ftruncate", name) { ftruncate(file.number, off_t(size)) }
            // A file that shrinks beneath a mapping is a SIGBUS for whoever touches it.
            try systemCall("fcntl", "\(name): F_ADD_SEALS") {
                linux_add_seals(file.number, sealShrink | sealGrow | sealSeal)
            }
            return file
        } catch {
            throw .system(error)
        }
    }

    // linux/fcntl.h, F_SEAL_*.
    private static let sealSeal: CInt = 1
    private static let sealShrink: CInt = 2
    private static let sealGrow: CInt = 4

    private static func checkSize(_ size: UInt64) throws(GuestMemoryError) {
        // Half the address space is more than a process has, and leaves room for the guards in every sum.
        guard size > 0, size % pageSize == 0, size < UInt64(Int64.max) / 2 else {
            throw .invalidRegion(GuestAddress(0), size: size)
        }
    }

    private init(
        size: UInt64, backing: Backing, file: consuming OwnedDescriptor?, descriptor: CInt, offset: UInt64
    ) throws(GuestMemoryError) {
        try Self.checkSize(size)
        let guardSize = Int(Self.pageSize)
        let whole = Int(size) + 2 * guardSize
        let failed = unsafe UnsafeMutableRawPointer(bitPattern: -1)
        let reserved = unsafe mmap(nil, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let reserved = unsafe reserved, unsafe reserved != failed else {
            throw .system(.last("mmap", "\(size) bytes of guest memory"))
        }
        // Within the reservation, which is ours: MAP_FIXED replaces nothing else.
        let start = unsafe reserved + guardSize
        let sharing =
            switch backing {
            case .anonymous: MAP_PRIVATE | MAP_ANONYMOUS
            case .memoryFile: MAP_SHARED
            case .privateFile: MAP_PRIVATE
            }
        let mapped = unsafe mmap(
            start, Int(size), PROT_READ | PROT_WRITE, sharing | MAP_FIXED | MAP_NORESERVE, descriptor, off_t(offset))
        guard unsafe mapped == start else {
            let error = SystemError.last("mmap", "\(size) bytes of guest memory")
            unsafe munmap(reserved, whole)
            throw .system(error)
        }
        // A core file of the monitor is not the place for a guest's secrets. Where the kernel refuses, it is only larger.
        _ = unsafe madvise(start, Int(size), MADV_DONTDUMP)
        self.size = size
        self.backing = backing
        self.file = file
        fileOffset = offset
        unsafe self.base = start
    }

    deinit {
        let guardSize = Int(Self.pageSize)
        // What init reserved, and nothing else refers to it: the owner is gone.
        unsafe munmap(base - guardSize, Int(size) + 2 * guardSize)
    }
}
