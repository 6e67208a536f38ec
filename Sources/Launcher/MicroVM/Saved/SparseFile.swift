import Glibc
import ImageStore
import LinuxSystem

/// Files of which most may be holes: a guest's memory, its disks.
enum SparseFile {
    /// The digest of a file: of its data and of where that is.
    static func digest(_ file: borrowing OwnedDescriptor, _ name: String) throws -> String {
        var hash = ContentHash()
        try forEachPiece(file, name) { piece in
            switch piece {
            case .stretch(let start, let end):
                let place = Array("\(start)-\(end)\n".utf8)
                unsafe place.withUnsafeBytes { unsafe hash.update($0) }
            case .bytes(_, let bytes): unsafe bytes.withUnsafeBytes { unsafe hash.update($0) }
            }
        }
        return hash.finish().hex
    }

    /// Copies a file, holes as holes.
    static func copy(
        _ file: borrowing OwnedDescriptor, _ name: String, to target: borrowing OwnedDescriptor
    ) throws {
        var status = stat()
        try systemCall("fstat", name) { unsafe fstat(file.number, &status) }
        let number = target.number
        try systemCall("ftruncate", name) { ftruncate(number, status.st_size) }
        try forEachPiece(file, name) { piece in
            guard case .bytes(let offset, let bytes) = piece else { return }
            var done = 0
            while done < bytes.count {
                done += try systemCall("pwrite", name) {
                    // From `done` on there are as many bytes as are named.
                    unsafe bytes.withUnsafeBytes {
                        unsafe pwrite(
                            number, $0.baseAddress?.advanced(by: done), $0.count - done, offset + off_t(done))
                    }
                }
            }
        }
    }

    private enum Piece {
        /// Data begins and ends here.
        case stretch(off_t, off_t)
        /// A part of it, and where it lies.
        case bytes(off_t, ArraySlice<UInt8>)
    }

    private static func forEachPiece(
        _ file: borrowing OwnedDescriptor, _ name: String, _ body: (Piece) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset: off_t = 0
        while true {
            // ENXIO: there is no more data.
            let data = lseek(file.number, offset, SEEK_DATA)
            if data < 0, errno == ENXIO { break }
            offset = try systemCall("lseek", name) { data }
            let end = try systemCall("lseek", name) { lseek(file.number, offset, SEEK_HOLE) }
            try body(.stretch(offset, end))
            while offset < end {
                let room = min(buffer.count, Int(end - offset))
                let count = try systemCall("pread", name) {
                    // The buffer has at least the room that is named.
                    unsafe buffer.withUnsafeMutableBytes { unsafe pread(file.number, $0.baseAddress, room, offset) }
                }
                if count == 0 { throw SystemError("pread", name, number: ENODATA) }
                try body(.bytes(offset, buffer[..<count]))
                offset += off_t(count)
            }
        }
        // Whoever gets the open file reads it from its beginning.
        try systemCall("lseek", name) { lseek(file.number, 0, SEEK_SET) }
    }
}
