import JSON

/// What an image says of itself and how it is run (image-spec, config.md).
public struct ImageConfiguration: Codable, JSONReadable, Equatable, Sendable {
    /// When it was made, RFC 3339.
    public var created: String?
    /// Who made it.
    public var author: String?
    /// As Go names it.
    public var architecture: String
    /// As Go names it.
    public var os: String
    /// The variant of the processor.
    public var variant: String?
    /// How containers of it are run.
    public var config: Execution?
    /// The layers.
    public var rootfs: RootFilesystem
    /// How each layer came about.
    public var history: [HistoryEntry]?

    /// Makes a configuration.
    public init(platform: Platform, config: Execution?, rootfs: RootFilesystem) {
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        self.config = config
        self.rootfs = rootfs
    }

    /// Reads an object.
    public init(json: JSONValue) throws(JSONShapeError) {
        created = try json.readOptional("created")
        author = try json.readOptional("author")
        architecture = try json.read("architecture")
        os = try json.read("os")
        variant = try json.readOptional("variant")
        config = try json.readOptional("config")
        rootfs = try json.read("rootfs")
        history = try json.readOptional("history")
    }

    /// The defaults for running the image. Go's names, which start with capitals.
    public struct Execution: Codable, JSONReadable, Equatable, Sendable {
        /// `user[:group]`, names or numbers.
        public var user: String?
        /// Ports that the workload listens on, as keys: `80/tcp`.
        public var exposedPorts: [String: Empty]?
        /// `NAME=value`.
        public var env: [String]?
        /// What the command is given to.
        public var entrypoint: [String]?
        /// The command, or the entry point's arguments.
        public var cmd: [String]?
        /// Directories that want a volume, as keys.
        public var volumes: [String: Empty]?
        /// Where the command starts.
        public var workingDir: String?
        /// Labels.
        public var labels: [String: String]?
        /// The signal that asks the workload to end.
        public var stopSignal: String?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case env = "Env"
            case entrypoint = "Entrypoint"
            case cmd = "Cmd"
            case volumes = "Volumes"
            case workingDir = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }

        /// Makes an empty one.
        public init() {}

        /// Reads an object.
        public init(json: JSONValue) throws(JSONShapeError) {
            user = try json.readOptional("User")
            exposedPorts = try json.readOptional("ExposedPorts")
            env = try json.readOptional("Env")
            entrypoint = try json.readOptional("Entrypoint")
            cmd = try json.readOptional("Cmd")
            volumes = try json.readOptional("Volumes")
            workingDir = try json.readOptional("WorkingDir")
            labels = try json.readOptional("Labels")
            stopSignal = try json.readOptional("StopSignal")
        }
    }

    /// Go's `struct{}`.
    public struct Empty: Codable, JSONReadable, Equatable, Sendable {
        /// Makes one.
        public init() {}

        /// Reads an object, of which nothing counts.
        public init(json: JSONValue) throws(JSONShapeError) {
            guard json.objectValue != nil else {
                throw JSONShapeError(path: "", reason: "should be an object, not \(json.kind)")
            }
        }
    }

    /// The layers by the digests of their uncompressed archives.
    public struct RootFilesystem: Codable, JSONReadable, Equatable, Sendable {
        /// Always `layers`.
        public var type: String
        /// Lowest first.
        public var diffIDs: [Digest]

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        /// Makes a list of layers.
        public init(diffIDs: [Digest]) {
            type = "layers"
            self.diffIDs = diffIDs
        }

        /// Reads an object.
        public init(json: JSONValue) throws(JSONShapeError) {
            type = try json.read("type")
            diffIDs = try json.read("diff_ids")
        }
    }

    /// How a layer came about.
    public struct HistoryEntry: Codable, JSONReadable, Equatable, Sendable {
        /// When, RFC 3339.
        public var created: String?
        /// By which command.
        public var createdBy: String?
        /// Who.
        public var author: String?
        /// A note.
        public var comment: String?
        /// Whether it made no layer.
        public var emptyLayer: Bool?

        enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }

        /// Makes an entry.
        public init(created: String?, createdBy: String?) {
            self.created = created
            self.createdBy = createdBy
        }

        /// Reads an object.
        public init(json: JSONValue) throws(JSONShapeError) {
            created = try json.readOptional("created")
            createdBy = try json.readOptional("created_by")
            author = try json.readOptional("author")
            comment = try json.readOptional("comment")
            emptyLayer = try json.readOptional("empty_layer")
        }
    }
}
