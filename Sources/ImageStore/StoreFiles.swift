import CLinux
import Glibc
import LinuxSystem

/// Reading and writing whole files of the store.
enum StoreFiles {
    /// Reads a file; nil where there is none.
    ///
    /// - Parameter limit: the most bytes that a file of this kind may have.
    static func read(_ path: String, limit: Int) throws(StoreError) -> [UInt8]? {
        guard let file = try openPresent(path) else { return nil }
        var status = stat()
        try storing { () throws(SystemError) in
            _ = try systemCall("fstat", path) { unsafe fstat(file.number, &status) }
        }
        if status.st_size > limit { throw .tooLarge(what: path, limit: limit) }
        // One byte more than the size, so that the end of the file is seen without a second call in the usual case.
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        var filled = 0
        while true {
            let count = try storing { () throws(SystemError) in
                try systemCall("read", path) {
                    // The range from `filled` to the end lies within the array.
                    unsafe bytes.withUnsafeMutableBytes {
                        unsafe Glibc.read(file.number, $0.baseAddress?.advanced(by: filled), $0.count - filled)
                    }
                }
            }
            filled += count
            if filled < bytes.count { break }
            if bytes.count > limit { throw .tooLarge(what: path, limit: limit) }
            bytes.append(contentsOf: [UInt8](repeating: 0, count: min(bytes.count, limit + 1 - bytes.count)))
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Opens a file for reading; nil where there is none.
    static func openPresent(_ path: String) throws(StoreError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try OwnedDescriptor.open(path, O_RDONLY)
        } catch {
            if error.number == ENOENT { return nil }
            throw .system(error)
        }
    }

    /// Writes all bytes to a descriptor.
    static func write(_ bytes: UnsafeRawBufferPointer, to file: CInt, _ path: String) throws(StoreError) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = try storing { () throws(SystemError) in
                try systemCall("write", path) { unsafe Glibc.write(file, rest.baseAddress, rest.count) }
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Puts a file in the place of another so that a reader, and a machine that loses power, has the old one or the new.
    static func replace(_ path: String, temporary: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws(StoreError) {
        do throws(StoreError) {
            let file = try storing { () throws(SystemError) in
                try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            }
            try unsafe bytes.span.bytes.withUnsafeBytes { (buffer) throws(StoreError) in
                try unsafe write(buffer, to: file.number, temporary)
            }
            try storing { () throws(SystemError) in
                try systemCall("fsync", temporary) { fsync(file.number) }
                try systemCall("rename", path) { unsafe rename(temporary, path) }
            }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Makes the names in a file's directory durable.
    static func syncDirectory(of path: String) throws(StoreError) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let directory = String(path[..<end])
        try storing { () throws(SystemError) in
            let descriptor = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
            try systemCall("fsync", directory) { fsync(descriptor.number) }
        }
    }

    /// Makes a directory and those above it.
    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(StoreError) {
        try storing { () throws(SystemError) in try LinuxSystem.makeDirectories(path, mode: mode) }
    }

    /// Whether something has this name.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The names in a directory, sorted; none where there is no such directory.
    static func names(in path: String) throws(StoreError) -> [String] {
        do throws(SystemError) { return try WholeFile.names(in: path).sorted() } catch { throw .system(error) }
    }

    /// A name that no other process and no other call has used: for temporary files.
    static func unique(_ prefix: String) -> String {
        "\(prefix)\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }
}
