import CArchive
import Glibc
import LinuxSystem

/// Writes a tar archive to a descriptor: POSIX ustar, with pax headers only where a size needs them.
@safe
final class TarWriter {
    private let archive: OpaquePointer

    init(_ file: CInt) throws(ArchiveError) {
        guard let archive = unsafe archive_write_new() else { throw .malformed("no memory for the writer") }
        unsafe self.archive = unsafe archive
        unsafe archive_write_set_format_pax_restricted(archive)
        unsafe archive_write_add_filter_none(archive)
        // No padding to tape blocks: a pipe's reader may stop at the end mark.
        unsafe archive_write_set_bytes_in_last_block(archive, 512)
        if unsafe archive_write_open_fd(archive, file) != ARCHIVE_OK { throw failure() }
    }

    deinit { _ = unsafe archive_write_free(archive) }

    private func failure() -> ArchiveError {
        let number = unsafe archive_errno(archive)
        if number > 0 { return .system(SystemError("write", "archive", number: number)) }
        return .malformed("the archive cannot be written")
    }

    private func header(_ name: String, _ size: Int64, type: mode_t, mode: mode_t) throws(ArchiveError) {
        let entry = unsafe archive_entry_new()
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_size(entry, size)
        unsafe archive_entry_set_filetype(entry, type)
        unsafe archive_entry_set_perm(entry, mode)
        // The same images give the same archive.
        unsafe archive_entry_set_mtime(entry, 0, 0)
        if unsafe archive_write_header(archive, entry) != ARCHIVE_OK { throw failure() }
    }

    /// Adds a directory.
    func add(directory name: String) throws(ArchiveError) {
        try header(name, 0, type: S_IFDIR, mode: 0o755)
    }

    /// Adds a file from memory.
    func add(_ name: String, _ bytes: [UInt8]) throws(ArchiveError) {
        try header(name, Int64(bytes.count), type: S_IFREG, mode: 0o644)
        let written = unsafe bytes.withUnsafeBytes { unsafe archive_write_data(archive, $0.baseAddress, $0.count) }
        if written != bytes.count { throw failure() }
    }

    /// Adds a file of an image from a descriptor, which must give exactly so many bytes.
    func add(_ name: String, _ size: Int64, from file: borrowing OwnedDescriptor) throws(ArchiveError) {
        try header(name, size, type: S_IFREG, mode: 0o644)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { unsafe buffer.deallocate() }
        var total: Int64 = 0
        while true {
            let count = unsafe read(file.number, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(.last("read", name))
            }
            if count == 0 { break }
            total += Int64(count)
            if unsafe archive_write_data(archive, buffer.baseAddress, count) != count { throw failure() }
        }
        if total != size { throw .truncated("blob \(name)") }
    }

    /// Adds something of a file system as it is there, without contents.
    func add(
        _ name: String, _ status: stat, symbolicLink: String? = nil, hardLink: String? = nil
    ) throws(ArchiveError) {
        try header(name, status, size: 0, symbolicLink: symbolicLink, hardLink: hardLink)
    }

    /// Adds a file of a file system with as many bytes as its status says: what it has grown by meanwhile is left out, what
    /// it has lost are zeros.
    func add(_ name: String, _ status: stat, from file: borrowing OwnedDescriptor) throws(ArchiveError) {
        try header(name, status, size: Int64(status.st_size))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { unsafe buffer.deallocate() }
        var left = Int(status.st_size)
        while left > 0 {
            let count = unsafe read(file.number, buffer.baseAddress, min(buffer.count, left))
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(.last("read", name))
            }
            // libarchive fills up with zeros.
            if count == 0 { return }
            if unsafe archive_write_data(archive, buffer.baseAddress, count) != count { throw failure() }
            left -= count
        }
    }

    private func header(
        _ name: String, _ status: stat, size: Int64, symbolicLink: String? = nil, hardLink: String? = nil
    ) throws(ArchiveError) {
        let entry = unsafe archive_entry_new()
        defer { unsafe archive_entry_free(entry) }
        var status = status
        unsafe archive_entry_copy_stat(entry, &status)
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_size(entry, size)
        if let symbolicLink { unsafe archive_entry_set_symlink(entry, symbolicLink) }
        if let hardLink { unsafe archive_entry_set_hardlink(entry, hardLink) }
        let result = unsafe archive_write_header(archive, entry)
        // A warning: the name has characters that the locale does not know, and is written as it is.
        if result != ARCHIVE_OK && result != ARCHIVE_WARN { throw failure() }
    }

    /// Ends the archive.
    func finish() throws(ArchiveError) {
        if unsafe archive_write_close(archive) != ARCHIVE_OK { throw failure() }
    }
}
