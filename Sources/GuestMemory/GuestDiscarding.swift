import CLinux
import Glibc
import LinuxSystem

extension GuestMemory {
    /// Gives the pages of a range back to the host. The guest may touch them again: it then reads zeroes, or what the
    /// file has where memory is a file mapped private.
    ///
    /// - Parameters:
    ///   - address: a multiple of the page size.
    ///   - length: bytes; a multiple of the page size.
    public func discard(at address: GuestAddress, length: UInt64) throws(GuestMemoryError) {
        guard address.isAligned(to: GuestMapping.pageSize), length % GuestMapping.pageSize == 0,
            let (region, offset) = region(address, length)
        else { throw .outside(address, length: length) }
        do throws(SystemError) {
            if let file = region.memoryFile {
                // A hole in the file goes from every process that maps it.
                try systemCall("fallocate", "guest memory at \(address)") {
                    linux_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off_t(offset), off_t(length))
                }
            } else {
                let pointer = unsafe region.mapping.base + Int(offset)
                // Whole pages within the mapping, checked above.
                try systemCall("madvise", "guest memory at \(address)") {
                    unsafe madvise(pointer, Int(length), MADV_DONTNEED)
                }
            }
        } catch {
            throw .system(error)
        }
    }
}
