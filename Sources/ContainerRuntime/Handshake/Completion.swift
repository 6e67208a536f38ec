import OCISpec
import Wire

/// What a prepared process is told of the container whose first process it becomes. Descriptors come with it: the root
/// file system, standard streams where there is no terminal, and a detached mount for each mount that says so.
struct Completion: Equatable {
    /// One mount.
    enum Mount: Equatable {
        /// One of the stage's entries, by its place.
        case staged(Int)
        /// Another one, and whether a detached mount of it comes along.
        case other(Spec.Mount, comesAlong: Bool)
    }

    /// The program; without what is no prepared process's business (limits, labels, names of capabilities).
    var process: Spec.Process
    var capabilities: CapabilitySets
    /// Whether the filter that is prepared is put in force.
    var isFiltered: Bool
    var hostname: String
    var domainname: String?
    /// All mounts but those within others that are staged.
    var mounts: [Mount]
    var isReadOnly: Bool
    var rootPropagation: String?
    var useInit: Bool

    /// The longest packet, in bytes: what needs more is made without preparation.
    static let maximumSize = 65536

    /// The packet.
    var bytes: [UInt8] {
        var wire = WireWriter(capacity: 4096)
        wire.put(process.terminal == true)
        wire.put(process.consoleSize?.height ?? 0)
        wire.put(process.consoleSize?.width ?? 0)
        wire.put(process.user.uid)
        wire.put(process.user.gid)
        wire.put(process.user.umask ?? UInt32.max)
        wire.put(UInt32(process.user.additionalGids?.count ?? 0))
        for group in process.user.additionalGids ?? [] { wire.put(group) }
        wire.put(process.args ?? [])
        wire.put(process.env ?? [])
        wire.put(process.cwd)
        wire.put(process.noNewPrivileges == true)
        for set in [
            capabilities.bounding, capabilities.effective, capabilities.inheritable, capabilities.permitted,
            capabilities.ambient,
        ] { wire.put(set) }
        wire.put(isFiltered)
        wire.put(hostname)
        wire.put(optional: domainname)
        wire.put(UInt32(mounts.count))
        for mount in mounts {
            switch mount {
            case .staged(let place):
                wire.put(UInt8(0))
                wire.put(UInt32(place))
            case .other(let mount, let comesAlong):
                wire.put(UInt8(1))
                wire.put(mount.destination)
                wire.put(optional: mount.type)
                wire.put(optional: mount.source)
                wire.put(mount.options ?? [])
                wire.put(comesAlong)
            }
        }
        wire.put(isReadOnly)
        wire.put(optional: rootPropagation)
        wire.put(useInit)
        return wire.bytes
    }
}

extension Completion {
    /// Reads a packet.
    init(_ bytes: [UInt8]) throws(WireError) {
        var wire = WireReader(bytes)
        let terminal = try wire.bool()
        let height = try wire.integer(UInt16.self)
        let width = try wire.integer(UInt16.self)
        var user = Spec.User(uid: try wire.integer(UInt32.self), gid: try wire.integer(UInt32.self))
        let umask = try wire.integer(UInt32.self)
        user.umask = umask == UInt32.max ? nil : umask
        var groups: [UInt32] = []
        for _ in 0..<(try wire.count(limit: Self.maximumSize)) { groups.append(try wire.integer(UInt32.self)) }
        user.additionalGids = groups.isEmpty ? nil : groups
        let (args, env, cwd) = (try wire.strings(), try wire.strings(), try wire.text())
        process = Spec.Process(args: args, env: env, cwd: cwd, user: user)
        process.terminal = terminal
        process.consoleSize = height == 0 && width == 0 ? nil : Spec.ConsoleSize(height: height, width: width)
        process.noNewPrivileges = try wire.bool()
        capabilities = CapabilitySets(bounding: 0, for: 0)
        capabilities.bounding = try wire.integer(UInt64.self)
        capabilities.effective = try wire.integer(UInt64.self)
        capabilities.inheritable = try wire.integer(UInt64.self)
        capabilities.permitted = try wire.integer(UInt64.self)
        capabilities.ambient = try wire.integer(UInt64.self)
        isFiltered = try wire.bool()
        hostname = try wire.text()
        domainname = try wire.optional()
        mounts = []
        for _ in 0..<(try wire.count(limit: Self.maximumSize)) {
            switch try wire.integer(UInt8.self) {
            case 0: mounts.append(.staged(Int(try wire.integer(UInt32.self))))
            case 1:
                let destination = try wire.text()
                let (type, source) = (try wire.optional(), try wire.optional())
                let options = try wire.strings()
                mounts.append(
                    .other(
                        Spec.Mount(destination: destination, type: type, source: source, options: options),
                        comesAlong: try wire.bool()))
            default: throw .invalid("mount")
            }
        }
        isReadOnly = try wire.bool()
        rootPropagation = try wire.optional()
        useInit = try wire.bool()
        try wire.finish()
    }
}

extension WireWriter {
    fileprivate mutating func put(_ texts: [String]) {
        put(UInt32(texts.count))
        for text in texts { put(text) }
    }

    fileprivate mutating func put(optional text: String?) {
        put(text != nil)
        if let text { put(text) }
    }
}

extension WireReader {
    fileprivate mutating func text() throws(WireError) -> String { try string(limit: Completion.maximumSize) }

    fileprivate mutating func strings() throws(WireError) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try count(limit: Completion.maximumSize)) { texts.append(try text()) }
        return texts
    }

    fileprivate mutating func optional() throws(WireError) -> String? { try bool() ? try text() : nil }
}
