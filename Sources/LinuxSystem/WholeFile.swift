import Glibc

/// Small files read and written whole.
public enum WholeFile {
    /// All bytes of a file; nil where there is none.
    ///
    /// - Parameter limit: bytes; a longer file is an error.
    public static func read(
        _ path: String, at directory: CInt = AT_FDCWD, limit: Int = 16 << 20
    ) throws(SystemError) -> [UInt8]? {
        guard let file = try OwnedDescriptor.openPresent(path, O_RDONLY, at: directory) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8192)
        var filled = 0
        while true {
            let count = try systemCall("read", path) {
                // From `filled` on there is room up to the array's end.
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe Glibc.read(file.number, $0.baseAddress?.advanced(by: filled), $0.count - filled)
                }
            }
            if count == 0 { break }
            filled += count
            if filled > limit { throw SystemError("read", path, number: EFBIG) }
            if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: bytes.count)) }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Writes all bytes to a descriptor.
    public static func write(_ bytes: [UInt8], to file: CInt, _ object: String) throws(SystemError) {
        var start = 0
        while start < bytes.count {
            start += try systemCall("write", object) {
                // From `start` on there are as many bytes as are named.
                unsafe bytes.withUnsafeBytes {
                    unsafe Glibc.write(file, $0.baseAddress?.advanced(by: start), $0.count - start)
                }
            }
        }
    }

    /// Makes a file that must not be there yet.
    public static func create(
        _ path: String, at directory: CInt = AT_FDCWD, _ bytes: [UInt8], mode: mode_t = 0o600
    ) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode, at: directory)
        try write(bytes, to: file.number, path)
    }

    /// Puts a file in the place of another: readers see the old one or the new one.
    public static func replace(
        _ path: String, at directory: CInt = AT_FDCWD, _ bytes: [UInt8], mode: mode_t = 0o600
    ) throws(SystemError) {
        let temporary = "\(path).\(getpid())"
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(
                temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode, at: directory)
            try write(bytes, to: file.number, path)
            try systemCall("rename", path) { unsafe renameat(directory, temporary, directory, path) }
        } catch {
            _ = unsafe unlinkat(directory, temporary, 0)
            throw error
        }
    }

    /// The names in a directory; none where there is no such directory.
    public static func names(in path: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw .last("opendir", path)
        }
        return unsafe entries(stream).map(\.name)
    }

    /// The names of the directories in a directory.
    public static func subdirectories(in path: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(path) else { throw .last("opendir", path) }
        return unsafe entries(stream).filter { $0.type == UInt8(DT_DIR) }.map(\.name)
    }

    /// The names in an open directory, in the order of their bytes.
    public static func names(of directory: CInt) throws(SystemError) -> [String] {
        let copy = try OwnedDescriptor.open(".", O_RDONLY | O_DIRECTORY, at: directory)
        guard let stream = unsafe fdopendir(copy.number) else { throw SystemError.last("fdopendir", ".") }
        // The stream owns the descriptor now.
        _ = copy.release()
        return unsafe entries(stream).map(\.name).sorted()
    }

    /// What is in a directory, without `.` and `..`. The stream, which is the caller's until now, is closed.
    private static func entries(_ stream: OpaquePointer) -> [(name: String, type: UInt8)] {
        defer { unsafe closedir(stream) }
        var entries: [(name: String, type: UInt8)] = []
        // An entry stays valid until the next readdir, and its name ends with a zero within it.
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { entries.append((name, unsafe entry.pointee.d_type)) }
        }
        return entries
    }
}
