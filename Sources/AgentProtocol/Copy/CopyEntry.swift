import Wire

/// A file, directory or link that is copied into the guest or out of it. The bytes of a regular file follow in messages of
/// their own. Names are relative to where the copy begins, and whoever writes them to a disk must not trust them.
public struct CopyEntry: Equatable, Sendable {
    /// What it is.
    public enum Kind: Equatable, Sendable {
        /// A regular file of so many bytes.
        case file(size: UInt64)
        /// A directory; what is in it follows.
        case directory
        /// A symbolic link to a path.
        case symbolicLink(String)
    }

    /// Relative, without a leading slash; empty for the copy's root.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// Permission bits.
    public var mode: UInt32
    /// The owner's number.
    public var user: UInt32
    /// The group's number.
    public var group: UInt32
    /// When it was last written: seconds since 1970.
    public var modified: UInt64

    /// Makes an entry.
    public init(name: String, kind: Kind, mode: UInt32, user: UInt32, group: UInt32, modified: UInt64) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.modified = modified
    }

    func encode(to wire: inout WireWriter) {
        wire.put(name)
        switch kind {
        case .file(let size):
            wire.put(UInt8(0))
            wire.put(size)
        case .directory: wire.put(UInt8(1))
        case .symbolicLink(let target):
            wire.put(UInt8(2))
            wire.put(target)
        }
        wire.put(mode)
        wire.put(user)
        wire.put(group)
        wire.put(modified)
    }

    init(from wire: inout WireReader) throws(WireError) {
        name = try wire.string(limit: AgentLimits.path)
        switch try wire.integer(UInt8.self) {
        case 0: kind = .file(size: try wire.integer(UInt64.self))
        case 1: kind = .directory
        case 2: kind = .symbolicLink(try wire.string(limit: AgentLimits.path))
        default: throw .invalid("kind of file")
        }
        mode = try wire.integer(UInt32.self)
        user = try wire.integer(UInt32.self)
        group = try wire.integer(UInt32.self)
        modified = try wire.integer(UInt64.self)
    }
}
