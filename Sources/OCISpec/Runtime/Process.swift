extension Spec {
    /// A program in the container (config.md, "Process"); also what `exec` takes.
    public struct Process: Codable, Equatable, Sendable {
        /// Whether it has a terminal.
        public var terminal: Bool?
        /// The terminal's size.
        public var consoleSize: ConsoleSize?
        /// Who it runs as.
        public var user: User
        /// Arguments, the program first.
        public var args: [String]?
        /// The environment, `NAME=value`.
        public var env: [String]?
        /// The working directory, absolute.
        public var cwd: String
        /// The five sets; absent: all that the runtime has.
        public var capabilities: Capabilities?
        /// Limits of resources.
        public var rlimits: [ResourceLimit]?
        /// Whether execve grants no privileges (prctl(2), PR_SET_NO_NEW_PRIVS).
        public var noNewPrivileges: Bool?
        /// How likely the kernel kills it when memory runs out, -1000 to 1000.
        public var oomScoreAdj: Int?
        /// An AppArmor profile, where the host has AppArmor.
        public var apparmorProfile: String?
        /// An SELinux label, where the host has SELinux.
        public var selinuxLabel: String?

        /// Makes a process.
        public init(args: [String], env: [String] = [], cwd: String = "/", user: User = User(uid: 0, gid: 0)) {
            self.args = args
            self.env = env
            self.cwd = cwd
            self.user = user
        }
    }

    /// A terminal's size in characters.
    public struct ConsoleSize: Codable, Equatable, Sendable {
        /// Rows.
        public var height: UInt16
        /// Columns.
        public var width: UInt16

        /// Makes a size.
        public init(height: UInt16, width: UInt16) {
            self.height = height
            self.width = width
        }
    }

    /// Who a process runs as, by numbers in the container.
    public struct User: Codable, Equatable, Sendable {
        /// The user id.
        public var uid: UInt32
        /// The group id.
        public var gid: UInt32
        /// File creation mask.
        public var umask: UInt32?
        /// Further groups.
        public var additionalGids: [UInt32]?

        /// Makes a user.
        public init(uid: UInt32, gid: UInt32, additionalGids: [UInt32]? = nil) {
            self.uid = uid
            self.gid = gid
            self.additionalGids = additionalGids
        }
    }

    /// The five capability sets (capabilities(7)), by names such as `CAP_CHOWN`.
    public struct Capabilities: Codable, Equatable, Sendable {
        /// What execve can never grant beyond.
        public var bounding: [String]?
        /// In force.
        public var effective: [String]?
        /// Kept over execve with file capabilities.
        public var inheritable: [String]?
        /// May be put in force.
        public var permitted: [String]?
        /// Kept over execve without file capabilities.
        public var ambient: [String]?

        /// Makes sets.
        public init(
            bounding: [String]? = nil, effective: [String]? = nil, inheritable: [String]? = nil,
            permitted: [String]? = nil, ambient: [String]? = nil
        ) {
            self.bounding = bounding
            self.effective = effective
            self.inheritable = inheritable
            self.permitted = permitted
            self.ambient = ambient
        }
    }

    /// A limit of setrlimit(2).
    public struct ResourceLimit: Codable, Equatable, Sendable {
        /// `RLIMIT_NOFILE` and so on.
        public var type: String
        /// The ceiling; `UInt64.max` is no limit.
        public var hard: UInt64
        /// In force.
        public var soft: UInt64

        /// Makes a limit.
        public init(type: String, hard: UInt64, soft: UInt64) {
            self.type = type
            self.hard = hard
            self.soft = soft
        }
    }
}
