/// What the configuration files say: docs/configuration.md is its description.
public struct Configuration: Sendable, Equatable {
    /// Where a setting comes from.
    public enum Origin: Sendable, Equatable, CustomStringConvertible {
        case standard
        case option(String)
        case variable(String)
        case systemFile(String)
        case userFile(String)
        case chosenFile(String)

        /// The text for people.
        public var description: String {
            switch self {
            case .standard: "default"
            case .option(let name): "option \(name)"
            case .variable(let name): "environment variable \(name)"
            case .systemFile(let path): "system configuration \(path)"
            case .userFile(let path): "user configuration \(path)"
            case .chosenFile(let path): "configuration \(path)"
            }
        }
    }

    /// The kind of wall around workloads.
    public var isolation: Isolation = .container
    /// Where images and containers are kept, absolute.
    public var root: String?
    /// Registries, by `host[:port]`, that are spoken to without TLS or without checking certificates.
    public var insecureRegistries: [String] = []
    /// What is asked instead of a registry, in order, before the registry itself.
    public var mirrors: [String: [String]] = [:]
    /// When images are pulled.
    public var pull: RunOptions.PullPolicy = .missing
    /// Where output goes.
    public var log = LogOptions()
    /// Seconds that `stop` waits.
    public var stopTimeout = 10
    /// Bytes of memory that a container may use.
    public var memory: Int64?
    /// Microseconds of processor time in 100,000.
    public var cpuQuota: Int64?
    /// Processes and threads of a container.
    public var pids: Int64?
    /// The kernel of micro-VMs, absolute.
    public var kernel: String?
    /// The users that machine monitors become.
    public var machineUsers: MachineUsers = .standard
    /// Hull's own programs whose places can be set.
    public static let programs = ["hull-image", "hull-registry", "hull-vmm", "hull-agent", "hull-compare"]
    /// Executables by their names, of `programs`.
    public var paths: [String: String] = [:]
    /// Where the settings come from that are not the default, by their keys (`limits.memory`).
    public var origins: [String: Origin] = [:]

    /// Makes the defaults.
    public init() {}

    /// Where a setting comes from.
    public func origin(_ key: String) -> Origin {
        origins[key] ?? .standard
    }

    /// What options are laid over.
    public var runOptions: RunOptions {
        var options = RunOptions(image: "")
        options.isolation = isolation
        options.pull = pull
        options.log = log
        options.stopTimeout = stopTimeout
        options.limits.memory = memory
        options.limits.pids = pids
        if let cpuQuota {
            options.limits.cpuQuota = cpuQuota
            options.limits.cpuPeriod = Quantity.processorPeriod
        }
        return options
    }
}

/// A configuration file that cannot be used.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
    /// The file.
    public let path: String
    /// Where in it, as `limits.memory`; empty for the file as a whole.
    public let key: String
    /// What is wrong.
    public let reason: String

    /// The text for people.
    public var description: String {
        key.isEmpty ? "configuration \(path): \(reason)" : "configuration \(path): \(key): \(reason)"
    }
}
