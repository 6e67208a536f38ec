import CNettle
import CLinux
import Glibc
import LinuxSystem

/// Compiled programs as files of a directory. A file is used only when nobody but this user can have written it and it
/// is whole; otherwise it is as if it were not there, and made anew.
enum SeccompCache {
    /// `HULLBPF1`, key, flags, instructions' bytes, checksum; numbers in the machine's order.
    private static let magic: [UInt8] = Array("HULLBPF1".utf8)
    static let headerSize = 8 + 32 + 4 + 4 + 8

    static func read(_ key: SeccompKey, _ directory: String?) -> SeccompProgram? {
        guard let directory, let folder = open(directory) else { return nil }
        guard let file = try? OwnedDescriptor.open(key.fileName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: folder.number)
        else { return nil }
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid(), status.st_mode & 0o7177 == 0, status.st_nlink == 1,
            status.st_size > headerSize, status.st_size <= headerSize + SeccompProgram.maximumCount * 8,
            let bytes = try? readAll(file.number, Int(status.st_size))
        else { return nil }
        return parse(bytes, key)
    }

    /// The program of a file's bytes, when they are whole and are for this key.
    static func parse(_ bytes: [UInt8], _ key: SeccompKey) -> SeccompProgram? {
        guard bytes.count > headerSize, bytes[0..<8].elementsEqual(magic), bytes[8..<40].elementsEqual(key.bytes)
        else { return nil }
        let flags = number(bytes, at: 40, size: 4)
        let length = number(bytes, at: 44, size: 4)
        let program = Array(bytes[headerSize...])
        guard length == UInt64(program.count), number(bytes, at: 48, size: 8) == checksum(program),
            SeccompProgram.isWellFormed(program)
        else { return nil }
        return SeccompProgram(bytes: program, flags: UInt32(flags))
    }

    /// Keeps a program. A cache that cannot be written costs time on the next start and nothing else, so failures are
    /// not told.
    static func write(_ program: SeccompProgram, _ key: SeccompKey, _ directory: String?) {
        guard let directory else { return }
        // Ownership and mode are checked below, also of a directory that was there.
        _ = unsafe mkdir(directory, 0o700)
        guard let folder = open(directory) else { return }
        let temporary = ".\(key.fileName).\(getpid())"
        let bytes = serialized(program, key)
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(
                temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: folder.number)
            var written = 0
            while written < bytes.count {
                written += try systemCall("write", temporary) {
                    // The rest of the array.
                    unsafe bytes.withUnsafeBytes {
                        unsafe Glibc.write(file.number, $0.baseAddress?.advanced(by: written), $0.count - written)
                    }
                }
            }
            // Without this a crash could leave the name with pages of zeros.
            try systemCall("fsync", temporary) { fsync(file.number) }
            try systemCall("renameat", key.fileName) {
                unsafe renameat(folder.number, temporary, folder.number, key.fileName)
            }
        } catch {
            _ = unsafe unlinkat(folder.number, temporary, 0)
        }
    }

    static func serialized(_ program: SeccompProgram, _ key: SeccompKey) -> [UInt8] {
        func little(_ value: UInt64, _ size: Int) -> [UInt8] {
            (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        }
        return magic + key.bytes + little(UInt64(program.flags), 4) + little(UInt64(program.bytes.count), 4)
            + little(checksum(program.bytes), 8) + program.bytes
    }

    /// The directory, when only this user can change what is in it.
    private static func open(_ directory: String) -> OwnedDescriptor? {
        guard let folder = try? OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return nil }
        var status = stat()
        guard unsafe fstat(folder.number, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o022 == 0
        else { return nil }
        return folder
    }

    private static func number(_ bytes: [UInt8], at offset: Int, size: Int) -> UInt64 {
        bytes[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Against damage, not against people: those are kept out by ownership. FNV-1a over words of eight bytes.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        // Whole words only, as a program has; unaligned loads stay within the array.
        unsafe bytes.withUnsafeBytes { raw in
            for offset in stride(from: 0, to: raw.count - raw.count % 8, by: 8) {
                sum = (sum ^ (unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))) &* 0x100_0000_01B3
                sum ^= sum >> 29
            }
        }
        return sum
    }

    /// Reads exactly `size` bytes.
    static func readAll(_ file: CInt, _ size: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        var used = 0
        while used < size {
            let count = try systemCall("read") {
                // The buffer has the room that is named.
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe Glibc.read(file, $0.baseAddress?.advanced(by: used), $0.count - used)
                }
            }
            if count == 0 { throw SystemError("read", "seccomp program", number: EIO) }
            used += count
        }
        return bytes
    }
}
