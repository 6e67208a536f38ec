import Glibc
import JSON
import LinuxSystem

/// A directory that nobody but this user can have written, open: what is done to its name afterwards does not matter.
struct TrustedDirectory: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let path: String

    /// The longest document, in bytes.
    private static let limit = 64 << 20

    /// - Throws: where it belongs to another user, or others may write to it.
    init(_ path: String) throws {
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try Self.check(directory, path)
        descriptor = directory
        self.path = path
    }

    /// Opens a file in it for reading.
    ///
    /// - Throws: as above, for the file.
    func open(_ name: String) throws -> OwnedDescriptor {
        let file = try OwnedDescriptor.open(name, O_RDONLY | O_NOFOLLOW, at: descriptor.number)
        try Self.check(file, "\(path)/\(name)")
        return file
    }

    /// Reads a JSON file in it.
    func read<Value: Decodable>(_ name: String) throws -> Value {
        let text = try BoundedFile.read(open(name), "\(path)/\(name)", limit: Self.limit)
        return try JSONParser.parse(text).decode(Value.self)
    }

    private static func check(_ file: borrowing OwnedDescriptor, _ path: String) throws {
        var status = stat()
        try systemCall("fstat", path) { unsafe fstat(file.number, &status) }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw LaunchError("\(path) belongs to another user, or others may write to it")
        }
    }
}
