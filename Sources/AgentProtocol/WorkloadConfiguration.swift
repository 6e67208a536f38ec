import Wire

/// Everything that a guest is told before its workload is made.
public struct WorkloadConfiguration: Equatable, Sendable {
    /// The host's clock: nanoseconds since 1970.
    public var time: UInt64
    /// The guest's name.
    public var hostname: String
    /// Random bytes of the host, at most 512.
    public var entropy: [UInt8]
    /// The OCI specification: the bytes of config.json.
    public var specification: [UInt8]
    /// What filters the workload's system calls.
    public var seccomp: Seccomp
    /// Whether process 1 of the workload is the runtime's.
    public var usesInit: Bool
    /// Whether the workload has standard input; else it reads from /dev/null.
    public var hasInput: Bool
    /// The terminal's size, where the specification wants a terminal.
    public var terminal: TerminalSize
    /// Where the workload's changes go.
    public var storage: Storage
    /// Files that the workload finds in its root file system, such as /etc/resolv.conf.
    public var files: [File]

    /// What filters system calls.
    public enum Seccomp: Equatable, Sendable {
        /// What the specification says.
        case ofSpecification
        /// The profile that Docker has by default.
        case byDefault
        /// No filter.
        case unconfined
    }

    /// Where changes go.
    public enum Storage: Equatable, Sendable {
        /// Into memory, at most so many bytes; 0 for half of what there is.
        case memory(limit: UInt64)
        /// Onto the scratch disk.
        case disk
    }

    /// A file.
    public struct File: Equatable, Sendable {
        /// Absolute, in the workload's root file system.
        public var path: String
        /// Permission bits.
        public var mode: UInt32
        /// At most 64 KiB.
        public var bytes: [UInt8]

        /// Makes a file.
        public init(path: String, mode: UInt32, bytes: [UInt8]) {
            self.path = path
            self.mode = mode
            self.bytes = bytes
        }
    }

    /// Makes a configuration.
    public init(
        time: UInt64, hostname: String, entropy: [UInt8], specification: [UInt8], seccomp: Seccomp = .ofSpecification,
        usesInit: Bool = false, hasInput: Bool = true, terminal: TerminalSize = TerminalSize(),
        storage: Storage = .memory(limit: 0), files: [File] = []
    ) {
        self.time = time
        self.hostname = hostname
        self.entropy = entropy
        self.specification = specification
        self.seccomp = seccomp
        self.usesInit = usesInit
        self.hasInput = hasInput
        self.terminal = terminal
        self.storage = storage
        self.files = files
    }
}

/// A terminal's size in characters; 0 by 0 where there is none.
public struct TerminalSize: Equatable, Sendable {
    /// Lines.
    public var rows: UInt16
    /// Characters in a line.
    public var columns: UInt16

    /// Makes a size.
    public init(rows: UInt16 = 0, columns: UInt16 = 0) {
        self.rows = rows
        self.columns = columns
    }

    func encode(to wire: inout WireWriter) {
        wire.put(rows)
        wire.put(columns)
    }

    init(from wire: inout WireReader) throws(WireError) {
        rows = try wire.integer(UInt16.self)
        columns = try wire.integer(UInt16.self)
    }
}

extension WorkloadConfiguration {
    func encode(to wire: inout WireWriter) {
        wire.put(time)
        wire.put(hostname)
        wire.put(entropy)
        wire.put(specification)
        switch seccomp {
        case .ofSpecification: wire.put(UInt8(0))
        case .byDefault: wire.put(UInt8(1))
        case .unconfined: wire.put(UInt8(2))
        }
        wire.put(usesInit)
        wire.put(hasInput)
        terminal.encode(to: &wire)
        switch storage {
        case .memory(let limit):
            wire.put(UInt8(0))
            wire.put(limit)
        case .disk: wire.put(UInt8(1))
        }
        File.encode(files, to: &wire)
    }

    init(from wire: inout WireReader) throws(WireError) {
        time = try wire.integer(UInt64.self)
        hostname = try wire.string(limit: AgentLimits.hostname)
        entropy = try wire.bytes(limit: AgentLimits.entropy)
        specification = try wire.bytes(limit: AgentLimits.json)
        switch try wire.integer(UInt8.self) {
        case 0: seccomp = .ofSpecification
        case 1: seccomp = .byDefault
        case 2: seccomp = .unconfined
        default: throw .invalid("choice of seccomp")
        }
        usesInit = try wire.bool()
        hasInput = try wire.bool()
        terminal = try TerminalSize(from: &wire)
        switch try wire.integer(UInt8.self) {
        case 0: storage = .memory(limit: try wire.integer(UInt64.self))
        case 1: storage = .disk
        default: throw .invalid("kind of storage")
        }
        files = try File.decode(from: &wire)
    }
}

extension WorkloadConfiguration.File {
    static func encode(_ files: [WorkloadConfiguration.File], to wire: inout WireWriter) {
        wire.put(UInt32(files.count))
        for file in files {
            wire.put(file.path)
            wire.put(file.mode)
            wire.put(file.bytes)
        }
    }

    static func decode(from wire: inout WireReader) throws(WireError) -> [WorkloadConfiguration.File] {
        var files: [WorkloadConfiguration.File] = []
        for _ in 0..<(try wire.count(limit: AgentLimits.files)) {
            files.append(
                Self(
                    path: try wire.string(limit: AgentLimits.path), mode: try wire.integer(UInt32.self),
                    bytes: try wire.bytes(limit: AgentLimits.file)))
        }
        return files
    }
}
