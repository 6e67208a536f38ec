import Glibc
import LinuxSystem

/// Reads a tree piece by piece, for the other side. It walks by descriptors and follows no symbolic link: whatever is done to
/// names meanwhile leads it nowhere else. Sockets, pipes and devices are left out.
public final class TreeReader {
    /// What comes next.
    public enum Piece: Equatable, Sendable {
        /// A file, directory or link.
        case entry(CopyEntry)
        /// Bytes of the file that came last, one at least.
        case data([UInt8])
    }

    /// A directory on the way down.
    private struct Level: ~Copyable {
        let directory: OwnedDescriptor
        let path: String
        /// Names that are still to come, the next one last.
        var names: [String]
    }

    private var start: OwnedDescriptor?
    private let skipsRoot: Bool
    // Arrays cannot hold values without copies, so the levels are behind each other in boxes.
    private var levels: [LevelBox] = []
    private var file: OwnedDescriptor?
    private var left: UInt64 = 0

    private final class LevelBox {
        var level: Level
        init(_ level: consuming Level) { self.level = level }
    }

    /// Begins at an open file (O_PATH suffices).
    ///
    /// - Parameter skipsRoot: whether a directory's own entry is left out, so that only what is in it comes.
    public init(_ start: consuming OwnedDescriptor, skipsRoot: Bool = false) {
        self.start = consume start
        self.skipsRoot = skipsRoot
    }

    /// The next piece; nil at the end.
    ///
    /// - Parameter limit: the most bytes of data, more than 0.
    public func next(limit: Int) throws -> Piece? {
        if let data = try readFile(limit) { return .data(data) }
        if let start = start.take() {
            let entry = try describe(start, "")
            guard let entry else { throw TreeError("this kind of file cannot be copied") }
            if !skipsRoot || entry.kind != .directory { return .entry(entry) }
        }
        while let box = levels.last {
            guard let name = box.level.names.popLast() else {
                levels.removeLast()
                continue
            }
            let path = box.level.path.isEmpty ? name : box.level.path + "/" + name
            guard path.utf8.count <= AgentLimits.path else {
                throw TreeError("a path is too long: \(path.prefix(64))…")
            }
            guard
                let child = try OwnedDescriptor.openPresent(name, O_PATH | O_NOFOLLOW, at: box.level.directory.number)
            else { continue }  // It was removed meanwhile.
            if let entry = try describe(child, path) { return .entry(entry) }
        }
        return nil
    }

    private func readFile(_ limit: Int) throws -> [UInt8]? {
        guard left > 0 else { return nil }
        let room = Int(min(left, UInt64(min(limit, AgentLimits.data))))
        let number = file.number
        // `room` bytes are there to be filled, and as many count as were.
        let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: room) { memory, filled in
            filled = try systemCall("read", "a file that is copied") {
                unsafe read(number, memory.baseAddress, room)
            }
        }
        let count = bytes.count
        // A file that became shorter meanwhile ends earlier than was announced.
        left = count == 0 ? 0 : left - UInt64(count)
        if left == 0 { file = nil }
        return count == 0 ? nil : bytes
    }

    /// Makes the entry of a file, and opens it where more of it is to come.
    ///
    /// - Returns: nil for a kind that is not copied.
    private func describe(_ place: borrowing OwnedDescriptor, _ path: String) throws -> CopyEntry? {
        var status = stat()
        let number = place.number
        try systemCall("fstat", path) { unsafe fstat(number, &status) }
        let kind: CopyEntry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard levels.count < AgentLimits.depth else {
                throw TreeError("directories are nested deeper than \(AgentLimits.depth)")
            }
            let directory = try OwnedDescriptor.open("/proc/self/fd/\(number)", O_RDONLY | O_DIRECTORY)
            let names = try WholeFile.names(in: "/proc/self/fd/\(directory.number)").sorted(by: >)
            levels.append(LevelBox(Level(directory: directory, path: path, names: names)))
            kind = .directory
        case S_IFREG:
            let opened = try OwnedDescriptor.open("/proc/self/fd/\(number)", O_RDONLY | O_NONBLOCK)
            left = UInt64(max(0, status.st_size))
            if left > 0 { file = consume opened }
            kind = .file(size: left)
        case S_IFLNK: kind = .symbolicLink(try Self.target(of: number, path))
        default: return nil
        }
        return CopyEntry(
            name: path, kind: kind, mode: status.st_mode & 0o7777, user: status.st_uid, group: status.st_gid,
            modified: UInt64(max(0, status.st_mtim.tv_sec)))
    }

    private static func target(of link: CInt, _ path: String) throws -> String {
        var bytes = [CChar](repeating: 0, count: AgentLimits.path)
        // The buffer is as long as the count says.
        let count = try systemCall("readlinkat", path) { unsafe readlinkat(link, "", &bytes, bytes.count) }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Optional where Wrapped == OwnedDescriptor {
    fileprivate var number: CInt {
        switch self {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }
}
