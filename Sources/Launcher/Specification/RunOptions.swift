import CommandLineOptions
import LinuxSystem
import OCISpec

/// What `run` and `create` were asked for: parsed and checked, before anything of the system is touched.
public struct RunOptions: Sendable, Equatable {
    /// The image's name as it was given.
    public var image: String
    /// The words after the image; empty for the image's own command.
    public var command: [String] = []

    /// Whether standard input stays open.
    public var interactive = false
    /// Whether the container gets a terminal.
    public var terminal = false
    /// Whether it runs in the background.
    public var detach = false
    /// The streams that are attached, where they were chosen.
    public var attach: Set<Stream>?
    /// Whether signals that `run` gets are passed on.
    public var passesSignals = true
    /// The keys that detach a terminal, as the bytes that they send.
    public var detachKeys: [UInt8] = [0x10, 0x11]

    /// The workload.
    public var process = ProcessOptions()
    /// Mounts in the order given.
    public var mounts: [MountOption] = []
    /// Whether the root file system is read-only.
    public var readOnly = false
    /// Bytes of /dev/shm.
    public var sharedMemory: Int64 = 64 << 20
    /// Devices of the host.
    public var devices: [DeviceOption] = []
    /// Further rules about devices.
    public var deviceRules: [Spec.Resources.DeviceRule] = []
    /// The network and the files that belong to it.
    public var network = NetworkOptions()
    /// Namespaces that are shared.
    public var namespaces = NamespaceOptions()
    /// Limits of resources.
    public var limits = LimitOptions()
    /// Capabilities, seccomp and their like.
    public var security = SecurityOptions()

    /// The kind of wall.
    public var isolation: Isolation = .container
    /// What only a micro-VM has; nil where nothing of it was asked for.
    public var machine: MachineRequest?
    /// The snapshot of a running micro-VM from which it goes on, in place of an image.
    public var snapshot: String?
    /// The container's name, where one was given.
    public var name: String?
    /// Whether the container is removed when it ends.
    public var removesItself = false
    /// When the image is pulled.
    public var pull: PullPolicy = .missing
    /// Whether the progress of a pull is not shown.
    public var quiet = false
    /// The platform of the image.
    public var platform: Platform?
    /// Labels.
    public var labels: [String: String] = [:]
    /// Annotations of the OCI configuration.
    public var annotations: [String: String] = [:]
    /// The number of the signal that `stop` sends; the image's or SIGTERM without it.
    public var stopSignal: CInt?
    /// Seconds that `stop` waits.
    public var stopTimeout: Int = 10
    /// A file that gets the container's id.
    public var idFile: String?
    /// Where output goes.
    public var log = LogOptions()
    /// Whether only the decisions are printed.
    public var explains = false

    /// Whether somebody writes standard input from the start.
    public var attachesInput: Bool { !detach && interactive && attach?.contains(.stdin) ?? true }
    /// Whether the output of the workload comes out of the command.
    public var attachesOutput: Bool { !detach && attach?.isDisjoint(with: [.stdout, .stderr]) != true }

    /// Makes the options of a container with all defaults.
    public init(image: String, command: [String] = []) {
        self.image = image
        self.command = command
    }

    /// A standard stream.
    public enum Stream: String, Sendable {
        case stdin, stdout, stderr
    }

    /// When an image is pulled.
    public enum PullPolicy: String, Sendable, CaseIterable {
        case always, missing, never
    }
}

/// The kind of wall around a workload.
public enum Isolation: String, Sendable, CaseIterable {
    /// Namespaces on the host's kernel.
    case container
    /// A kernel of its own.
    case vm
    /// The strongest that there is. It never becomes a weaker one by itself.
    case auto

    /// What `auto` comes to.
    public var resolved: Isolation { self == .auto ? .vm : self }
}

/// The workload's own options.
public struct ProcessOptions: Sendable, Equatable {
    /// Changes to the image's environment: `NAME=value`, or `NAME` alone to remove a variable.
    public var environment: [String] = []
    /// The working directory, absolute.
    public var workingDirectory: String?
    /// `user[:group]`, names or numbers.
    public var user: String?
    /// Further groups, names or numbers.
    public var groups: [String] = []
    /// What replaces the image's entry point; empty to have none.
    public var entrypoint: [String]?
    /// Whether an init is process 1.
    public var usesInit = false

    /// Makes the defaults.
    public init() {}
}

/// Where a container's output goes.
public struct LogOptions: Sendable, Equatable {
    /// The driver.
    public var driver: Driver = .jsonFile
    /// The bytes of one file before the next is begun; nil for no end.
    public var maximumSize: Int64?
    /// How many files are kept.
    public var maximumFiles = 1

    /// Makes the defaults.
    public init() {}

    /// Drivers by Docker's names.
    public enum Driver: String, Sendable, CaseIterable {
        case jsonFile = "json-file"
        case none
    }
}
