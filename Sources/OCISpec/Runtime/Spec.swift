/// The runtime configuration of one container, `config.json` (runtime-spec 1.2, config.md). What Hull does not use is
/// left out and ignored when read.
public struct Spec: Codable, Equatable, Sendable {
    /// The version of the specification, `1.2.0`.
    public var ociVersion: String
    /// The workload; absent where a container is only created.
    public var process: Process?
    /// The root filesystem.
    public var root: Root?
    /// The host name in the container's own UTS namespace.
    public var hostname: String?
    /// The NIS domain name there.
    public var domainname: String?
    /// File systems, in the order in which they are mounted.
    public var mounts: [Mount]?
    /// Programs that run at points of the container's life.
    public var hooks: Hooks?
    /// Free notes.
    public var annotations: [String: String]?
    /// What is Linux's own.
    public var linux: Linux?

    /// The version that Hull writes.
    public static let version = "1.2.0"

    /// Makes a specification with nothing in it.
    public init() {
        ociVersion = Self.version
    }

    /// Where the root filesystem is.
    public struct Root: Codable, Equatable, Sendable {
        /// Absolute, or relative to the bundle.
        public var path: String
        /// Whether the container sees it read-only.
        public var readonly: Bool?

        /// Makes a root.
        public init(path: String, readonly: Bool? = nil) {
            self.path = path
            self.readonly = readonly
        }
    }

    /// One mount (config.md, "Mounts").
    public struct Mount: Codable, Equatable, Sendable {
        /// Where, absolute in the container.
        public var destination: String
        /// The file system's type; `bind` or absent for bind mounts.
        public var type: String?
        /// A device, a path or a name.
        public var source: String?
        /// As in fstab, with `rbind`, `rro`, `idmap` and others of the specification.
        public var options: [String]?
        /// The mapping of an idmapped mount.
        public var uidMappings: [IDMapping]?
        /// The mapping of an idmapped mount.
        public var gidMappings: [IDMapping]?

        /// Makes a mount.
        public init(destination: String, type: String? = nil, source: String? = nil, options: [String]? = nil) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }
    }

    /// A program that runs at a point of the container's life (config.md, "POSIX-platform Hooks").
    public struct Hook: Codable, Equatable, Sendable {
        /// Absolute, on the host.
        public var path: String
        /// Arguments, the program's name first.
        public var args: [String]?
        /// The whole environment.
        public var env: [String]?
        /// Seconds until it is killed.
        public var timeout: Int?

        /// Makes a hook.
        public init(path: String, args: [String]? = nil, env: [String]? = nil, timeout: Int? = nil) {
            self.path = path
            self.args = args
            self.env = env
            self.timeout = timeout
        }
    }

    /// Hooks by the point at which they run.
    public struct Hooks: Codable, Equatable, Sendable {
        /// Deprecated: after the namespaces are made, on the host's side.
        public var prestart: [Hook]?
        /// After the namespaces are made, on the host's side.
        public var createRuntime: [Hook]?
        /// Before `pivot_root`, in the container's namespaces.
        public var createContainer: [Hook]?
        /// Before the workload, in the container.
        public var startContainer: [Hook]?
        /// After the workload was started, on the host's side.
        public var poststart: [Hook]?
        /// After the container was deleted, on the host's side.
        public var poststop: [Hook]?

        /// Makes none.
        public init() {}
    }
}

/// A range of user or group ids (user_namespaces(7)).
public struct IDMapping: Codable, Equatable, Sendable {
    /// The first id inside.
    public var containerID: UInt32
    /// The first id outside.
    public var hostID: UInt32
    /// How many.
    public var size: UInt32

    /// Makes a range.
    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }
}
