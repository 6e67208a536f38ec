import CLinux
import Glibc
import GuestMemory
import LinuxSystem

/// The two files of a snapshot, by descriptors that someone else opened. The memory file ends with a page that begins with
/// the snapshot's identity, so that the two are not taken for each other's.
public enum SnapshotFiles {
    /// A new identity.
    public static func makeIdentity() throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: MachineSnapshot.identitySize)
        let size = bytes.count
        // As many bytes as the array has; so few come whole.
        try systemCall("getrandom") { unsafe getrandom(&bytes, size, 0) }
        return bytes
    }

    /// Writes the state to a file, which is emptied first.
    public static func write(_ snapshot: MachineSnapshot, to file: CInt) throws(SystemError) {
        try systemCall("ftruncate", "state file") { ftruncate(file, 0) }
        try write(snapshot.encode(), to: file, at: 0, "state file")
    }

    /// Ends a memory file.
    public static func finish(_ snapshot: MachineSnapshot, memory file: CInt) throws(SystemError) {
        var page = [UInt8](repeating: 0, count: Int(GuestMapping.pageSize))
        page.replaceSubrange(0..<snapshot.identity.count, with: snapshot.identity)
        try write(page, to: file, at: snapshot.imageSize, "memory file")
    }

    /// Reads the state from a file.
    public static func read(_ file: CInt) throws(MachineError) -> MachineSnapshot {
        let bytes = try MachineError.system { () throws(SystemError) in
            try read(file, at: 0, count: MachineSnapshot.sizeLimit + 1, "state file")
        }
        guard bytes.count <= MachineSnapshot.sizeLimit else { throw .snapshot("the state file is too long") }
        return try MachineSnapshot(bytes)
    }

    /// Checks that a memory file is whole and the snapshot's own.
    public static func check(_ snapshot: MachineSnapshot, memory file: CInt) throws(MachineError) {
        let end = try MachineError.system { () throws(SystemError) in
            // Only the length is asked for: nothing reads by this position.
            let size = try systemCall("lseek", "memory file") { lseek(file, 0, SEEK_END) }
            guard UInt64(size) == snapshot.imageSize + GuestMapping.pageSize else { return [UInt8]() }
            return try read(file, at: snapshot.imageSize, count: snapshot.identity.count, "memory file")
        }
        if end.isEmpty { throw .snapshot("the memory file is cut off or too long") }
        guard end == snapshot.identity else { throw .snapshot("the memory file is not the one of this state file") }
    }

    private static func write(
        _ bytes: [UInt8], to file: CInt, at place: UInt64, _ name: String
    ) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try systemCall("pwrite", name) {
                // From `done` on there are as many bytes as are named.
                unsafe bytes.withUnsafeBytes {
                    unsafe pwrite(
                        file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(place) + off_t(done))
                }
            }
        }
    }

    /// Reads up to `count` bytes; fewer at the file's end.
    private static func read(
        _ file: CInt, at place: UInt64, count: Int, _ name: String
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(count, 64 << 10))
        while bytes.count < count {
            let wanted = min(chunk.count, count - bytes.count)
            let length = try systemCall("pread", name) {
                // `wanted` is at most as long as the array.
                unsafe pread(file, &chunk, wanted, off_t(place) + off_t(bytes.count))
            }
            if length == 0 { break }
            bytes += chunk[..<length]
        }
        return bytes
    }
}
