import CommandLineOptions

/// Which namespaces are the container's own.
public struct NamespaceOptions: Sendable, Equatable {
    /// Process ids.
    public var pid: Sharing = .own
    /// System V IPC and message queues.
    public var ipc: Sharing = .own
    /// The host name.
    public var uts: Sharing = .own
    /// The view of control groups.
    public var cgroup: Sharing = .own
    /// Users.
    public var users: Users = .standard

    /// Makes the defaults.
    public init() {}

    /// Whose namespace it is.
    public enum Sharing: Sendable, Equatable {
        case own
        case host
        /// Of the container with this name or id.
        case container(String)
    }

    /// How users are mapped.
    public enum Users: String, Sendable {
        /// The host's users for root, our subordinate ids for others.
        case standard = ""
        /// The host's users.
        case host
        /// Ids of its own from the subordinate ids of the user `containers`, or ours.
        case auto
        /// Our own id is the same in the container.
        case keepID = "keep-id"
    }

    mutating func read(_ arguments: Arguments) throws {
        pid = try arguments.parsed("--pid") { text throws(Unacceptable) in try Self.sharing(text, joins: true) } ?? pid
        ipc = try arguments.parsed("--ipc") { text throws(Unacceptable) in try Self.sharing(text, joins: true) } ?? ipc
        uts = try arguments.parsed("--uts") { text throws(Unacceptable) in try Self.sharing(text, joins: false) } ?? uts
        cgroup =
            try arguments.parsed("--cgroupns") { text throws(Unacceptable) in try Self.sharing(text, joins: false) }
            ?? cgroup
        users =
            try arguments.parsed("--userns") { text throws(Unacceptable) in
                guard let users = Users(rawValue: text) else { throw "it should be host, auto or keep-id" }
                return users
            } ?? users
    }

    static func sharing(_ text: String, joins: Bool) throws(Unacceptable) -> Sharing {
        switch text {
        case "", "private": return .own
        case "shareable" where joins: return .own
        case "host": return .host
        case _ where joins && text.hasPrefix("container:"):
            let name = String(text.dropFirst("container:".count))
            if name.isEmpty { throw "container: needs a name" }
            return .container(name)
        default: throw joins ? "it should be private, host or container:NAME" : "it should be private or host"
        }
    }
}
