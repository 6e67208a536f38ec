import CArchive
import Glibc

/// An archive's entries as libarchive reads them: tar in all its forms, nothing else, without filters.
@safe
final class TarReader {
    private let archive: OpaquePointer
    private let stream: LayerStream
    // An error of the stream, which libarchive cannot carry.
    private var streamError: ArchiveError?

    init(_ stream: LayerStream) throws(ArchiveError) {
        guard let archive = unsafe archive_read_new() else { throw .malformed("no memory for the reader") }
        unsafe self.archive = unsafe archive
        self.stream = stream
        unsafe archive_read_support_filter_none(archive)
        unsafe archive_read_support_format_tar(archive)
        unsafe archive_read_support_format_empty(archive)
        // The reader outlives the archive, which deinit frees.
        let client = unsafe Unmanaged.passUnretained(self).toOpaque()
        let opened = unsafe archive_read_open(
            archive, client, nil,
            { _, client, buffer in
                guard let client = unsafe client, let buffer = unsafe buffer else { return -1 }
                return unsafe Unmanaged<TarReader>.fromOpaque(client).takeUnretainedValue().read(buffer)
            }, nil)
        if opened != ARCHIVE_OK { throw failure() }
    }

    deinit { _ = unsafe archive_read_free(archive) }

    private func read(_ buffer: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do throws(ArchiveError) {
            guard let bytes = unsafe try stream.ring.next() else { return 0 }
            unsafe buffer.pointee = bytes.baseAddress
            return bytes.count
        } catch {
            streamError = error
            return -1
        }
    }

    /// The next entry, valid until the next call; nil at the archive's end.
    func next() throws(ArchiveError) -> OpaquePointer? {
        var entry: OpaquePointer?
        let result = unsafe archive_read_next_header(archive, &entry)
        switch result {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK: return unsafe entry
        case ARCHIVE_WARN:
            // libarchive could not turn a name into the locale's characters and kept its bytes, as we want it; all else
            // that it only warns of would be lost.
            if let text = unsafe archive_error_string(archive), unsafe isNameConversion(String(cString: text)) {
                return unsafe entry
            }
            throw failure()
        default: throw failure()
        }
    }

    private func isNameConversion(_ text: String) -> Bool { text.contains("can't be converted") }

    /// The next piece of the current entry's contents; nil at their end.
    func nextBlock() throws(ArchiveError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var bytes: UnsafeRawPointer?
        var size = 0
        var offset: la_int64_t = 0
        let result = unsafe archive_read_data_block(archive, &bytes, &size, &offset)
        if result == ARCHIVE_EOF { return nil }
        if result != ARCHIVE_OK { throw failure() }
        return unsafe (UnsafeRawBufferPointer(start: bytes, count: size), Int64(offset))
    }

    private func failure() -> ArchiveError {
        if let streamError { return streamError }
        guard let text = unsafe archive_error_string(archive) else { return .malformed("it is no tar archive") }
        let reason = unsafe String(cString: text)
        if reason.hasPrefix("Truncated") { return .truncated("the tar archive") }
        if reason.hasPrefix("Unrecognized") { return .malformed("it is no tar archive") }
        return .malformed(reason.prefix(1).lowercased() + EntryPath.printable(Array(reason.dropFirst().utf8)))
    }
}
