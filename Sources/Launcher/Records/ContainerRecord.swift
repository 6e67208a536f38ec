import ContainerRuntime
import JSON

/// What was asked for when a container was made: `record.json`. It changes only by `rename`.
public struct ContainerRecord: Codable, Equatable, Sendable {
    /// 64 hexadecimal digits.
    public var id: String
    /// The name, unique in a store.
    public var name: String
    /// When it was made, in nanoseconds since 1970.
    public var created: Int64
    /// The image. The image store looks for its id here before it removes an image.
    public var image: Image
    /// The directories of the root file system's layers, topmost first.
    public var layers: [String]
    /// The words after the image.
    public var command: [String]
    /// The kind of wall.
    public var isolation: String
    /// Whether the workload's standard input stays open.
    public var interactive: Bool
    /// Whether standard input ends when its first client goes.
    public var closesInput: Bool
    /// Whether it has a terminal.
    public var terminal: Bool
    /// Whether it is removed when it ends.
    public var removesItself: Bool
    /// The number of the signal that `stop` sends.
    public var stopSignal: Int32
    /// Seconds that `stop` waits; -1 without end.
    public var stopTimeout: Int
    /// Labels, with the image's.
    public var labels: [String: String]
    /// Where output goes: `json-file` or `none`.
    public var logDriver: String
    /// Bytes of one log file.
    public var logSize: Int64?
    /// Log files that are kept.
    public var logFiles: Int
    /// `none` or `host`.
    public var network: String
    /// The filter of system calls.
    public var seccomp: SeccompSource?
    /// Limits that nobody asked for.
    public var optionalLimits: [ControlGroup.Limit]
    /// Whether process 1 is an init of ours.
    public var usesInit: Bool
    /// Whether it has all capabilities and devices.
    public var privileged: Bool
    /// What a micro-VM of its own was asked for; nil where nothing was.
    public var machine: MachineRequest?

    /// The image of a container.
    public struct Image: Codable, Equatable, Sendable {
        /// The digest of its configuration.
        public var id: String
        /// The name by which it was asked for.
        public var name: String

        /// Makes an image.
        public init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// Whether the workload is behind a kernel of its own.
    public var isMachine: Bool { isolation == Isolation.vm.rawValue }

    /// The first digits of the id, as Docker shows it.
    public var shortID: String { String(id.prefix(12)) }
}
