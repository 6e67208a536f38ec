import Glibc
import LinuxSystem

/// An executable file (elf(5)).
enum ProgramFile {
    /// Whether the kernel needs another program to start it (PT_INTERP). A file that is no 64-bit ELF needs none.
    static func needsLoader(_ path: String) throws(SystemError) -> Bool {
        let file = try OwnedDescriptor.open(path, O_RDONLY)
        let header = try bytes(of: file.number, at: 0, count: 64, path)
        guard header.count == 64, header[0..<5] == [0x7f, 0x45, 0x4c, 0x46, 2] else { return false }
        let start = (0..<8).reduce(UInt64(0)) { $0 | UInt64(header[32 + $1]) << UInt64(8 * $1) }
        let (size, count) = (Int(header[54]) | Int(header[55]) << 8, Int(header[56]) | Int(header[57]) << 8)
        // A program header has 56 bytes; its first four are its kind.
        guard size == 56, start <= UInt64(Int64.max) else { return false }
        let table = try bytes(of: file.number, at: off_t(start), count: size * count, path)
        return stride(from: 0, to: table.count - 3, by: size).contains { table[$0..<($0 + 4)] == [3, 0, 0, 0] }
    }

    private static func bytes(
        of file: CInt, at offset: off_t, count: Int, _ path: String
    ) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // The array has as many bytes as are asked for.
        let length = try systemCall("pread", path) { unsafe pread(file, &bytes, count, offset) }
        return Array(bytes.prefix(length))
    }
}
