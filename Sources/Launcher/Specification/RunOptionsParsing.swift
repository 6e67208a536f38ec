import CommandLineOptions
import Glibc
import LinuxSystem
import OCISpec

extension RunOptions {
    /// Reads the options of `run` or `create`.
    ///
    /// - Parameters:
    ///   - arguments: of a command whose options include `RunOptions.table`.
    ///   - configuration: what the files say; options win.
    ///   - surroundings: what the process has around it.
    /// - Throws: `InvalidOption` or `UnusableOptions`, each with one line.
    public init(_ arguments: Arguments, _ configuration: Configuration, _ surroundings: Surroundings) throws {
        try self.init(arguments, basedOn: configuration.runOptions, surroundings)
    }

    /// Reads options over defaults, which come from the configuration files.
    init(_ arguments: Arguments, basedOn defaults: RunOptions, _ surroundings: Surroundings) throws {
        self = defaults
        image = arguments.operands.first ?? ""
        command = Array(arguments.operands.dropFirst())
        try Self.refuseWhatIsNotThereYet(arguments)
        try readStreams(arguments)
        process = try ProcessOptions(arguments, surroundings)
        try readFiles(arguments, surroundings)
        try network.read(arguments)
        try namespaces.read(arguments)
        try limits.read(arguments, surroundings)
        try security.read(arguments, surroundings)
        try readLife(arguments, surroundings.workingDirectory)
        try log.read(arguments)
        snapshot = arguments.options["--from-snapshot"]
        if snapshot != nil { try checkForSnapshot(arguments) }
        try checkTogether()
    }

    private static func refuseWhatIsNotThereYet(_ arguments: Arguments) throws {
        if arguments.value("--publish") != nil || arguments.has("--publish-all") {
            throw UnusableOptions(
                "bridge networking is not there yet, so no ports can be published: a container can use --network=host")
        }
        if let policy = arguments.value("--restart"), policy != "no" {
            throw InvalidOption(
                option: "--restart", value: policy, reason: "nothing runs that could restart containers: only 'no'")
        }
    }

    private mutating func readStreams(_ arguments: Arguments) throws {
        interactive = arguments.has("--interactive")
        terminal = arguments.has("--tty")
        detach = arguments.options["--detach"] == "true"
        let chosen = try arguments.allParsed("--attach") { text throws(Unacceptable) in
            guard let stream = Stream(rawValue: text.lowercased()) else { throw "it should be stdin, stdout or stderr" }
            return stream
        }
        if !chosen.isEmpty { attach = Set(chosen) }
        // `create` has none of these options.
        if let text = arguments.options["--detach-keys"] {
            detachKeys = try Arguments.parse(text, of: "--detach-keys", Self.keys)
        }
        passesSignals = arguments.options["--sig-proxy"] != "false"
    }

    /// `ctrl-p,ctrl-q`: letters, or `ctrl-` with a letter or one of `@[\]^_`; as the bytes that a terminal sends.
    public static func keys(_ text: String) throws(Unacceptable) -> [UInt8] {
        var bytes: [UInt8] = []
        for key in text.split(separator: ",", omittingEmptySubsequences: false) {
            let utf8 = Array(key.utf8)
            if utf8.count == 1, (0x21...0x7E).contains(utf8[0]) {
                bytes.append(utf8[0])
            } else if key.lowercased().hasPrefix("ctrl-"), utf8.count == 6,
                case let byte = utf8[5] & 0xDF, (0x40...0x5F).contains(byte), utf8[5] >= 0x40
            {
                bytes.append(byte & 0x1F)
            } else {
                throw "it should be letters or ctrl- and a letter, with commas between"
            }
        }
        return bytes
    }

    private mutating func readFiles(_ arguments: Arguments, _ surroundings: Surroundings) throws {
        for text in arguments.values("--volume") {
            mounts.append(
                try Arguments.parse(text, of: "--volume") { text throws(Unacceptable) in
                    try MountOption(volume: text, workingDirectory: surroundings.workingDirectory)
                })
        }
        mounts += try arguments.allParsed("--mount") { text throws(Unacceptable) in try MountOption(mount: text) }
        mounts += try arguments.allParsed("--tmpfs") { text throws(Unacceptable) in try MountOption(tmpfs: text) }
        readOnly = arguments.has("--read-only")
        if let size = try arguments.parsed("--shm-size", Quantity.bytes) {
            guard size > 0 else {
                throw InvalidOption(option: "--shm-size", value: "\(size)", reason: "it should be more than 0")
            }
            sharedMemory = size
        }
        devices += try arguments.allParsed("--device") { text throws(Unacceptable) in try DeviceOption(text) }
        deviceRules += try arguments.allParsed("--device-cgroup-rule", DeviceOption.rule)
    }

    private mutating func readLife(_ arguments: Arguments, _ workingDirectory: String) throws {
        isolation =
            try arguments.parsed("--isolation") { text throws(Unacceptable) in try Self.choice(text) } ?? isolation
        machine = try MachineRequest(arguments, workingDirectory)
        name = try arguments.parsed("--name", Self.containerName)
        removesItself = arguments.has("--rm")
        pull = try arguments.parsed("--pull") { text throws(Unacceptable) in try Self.choice(text) } ?? pull
        quiet = arguments.has("--quiet")
        platform = try arguments.parsed("--platform") { text throws(Unacceptable) in
            guard let platform = Platform(text) else { throw "it should be os/architecture, as linux/amd64" }
            return platform
        }
        for path in arguments.values("--label-file") {
            for line in try EnvironmentFile.read(path, option: "--label-file") {
                let (name, value) = EnvironmentFile.split(line)
                labels[name] = value ?? ""
            }
        }
        for label in arguments.values("--label") {
            let (name, value) = EnvironmentFile.split(label)
            if name.isEmpty { throw InvalidOption(option: "--label", value: label, reason: "it has no name") }
            labels[name] = value ?? ""
        }
        for (name, value) in try arguments.allParsed("--annotation", Quantity.pair) { annotations[name] = value }
        stopSignal = try arguments.parsed("--stop-signal", Self.signal)
        if let seconds = try arguments.parsed(
            "--stop-timeout",
            { text throws(Unacceptable) in
                try Quantity.integer(text, in: -1...Int(Int32.max))
            })
        {
            stopTimeout = seconds
        }
        idFile = arguments.value("--cidfile")
        explains = arguments.has("--explain")
    }

    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String
    ) throws(Unacceptable) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            throw "it should be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))"
        }
        return choice
    }

    static func signal(_ text: String) throws(Unacceptable) -> CInt {
        guard let number = SignalNames.number(of: text) else { throw "there is no such signal" }
        return number
    }

    /// A container's name: Docker's rule.
    public static func containerName(_ text: String) throws(Unacceptable) -> String {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, isAlphanumeric(first), (2...200).contains(text.utf8.count),
            text.utf8.allSatisfy({ isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) })
        else {
            throw "it should be 2 to 200 letters, digits, '_', '.', '-', and start with a letter or digit"
        }
        return text
    }

    private func checkTogether() throws {
        if isolation.resolved == .vm {
            try checkForMachine()
        } else if let option = machine?.option {
            throw UnusableOptions(
                "\(option) is for micro-VMs (--isolation=vm): a container runs on the host's kernel and file system")
        }
        if detach, removesItself == false, attach != nil {
            throw UnusableOptions("--detach and --attach exclude each other")
        }
        if network.mode == .host, namespaces.uts == .host, network.hostname != nil {
            throw UnusableOptions("--hostname cannot change the host's own name (--uts=host)")
        }
        if security.privileged, namespaces.users != .host, namespaces.users != .standard {
            throw UnusableOptions("--privileged and a user namespace of its own (--userns) exclude each other")
        }
        try security.checkSysctls(network: network.mode, ipc: namespaces.ipc, uts: namespaces.uts)
    }
}

extension LogOptions {
    mutating func read(_ arguments: Arguments) throws {
        driver =
            try arguments.parsed("--log-driver") { text throws(Unacceptable) in try RunOptions.choice(text) } ?? driver
        for text in arguments.values("--log-opt") {
            try Arguments.parse(text, of: "--log-opt") { text throws(Unacceptable) in try set(text) }
        }
    }

    /// Takes one option of the log driver.
    mutating func set(_ text: String) throws(Unacceptable) {
        let (name, value) = try Quantity.pair(text)
        switch name {
        case "max-size":
            let size = try Quantity.bytesOrUnlimited(value)
            if size == 0 { throw "max-size should be more than 0" }
            maximumSize = size < 0 ? nil : size
        case "max-file": maximumFiles = try Quantity.integer(value, in: 1...1000)
        default: throw "max-size and max-file are known"
        }
    }
}

/// What the process that parses options has around it. A value, so that tests can make one up.
public struct Surroundings: Sendable {
    /// Our environment.
    public var environment: [String: String]
    /// Where relative paths start.
    public var workingDirectory: String
    /// How many processors the host has; asked for only where it matters, for the answer is read from /sys.
    public var processors: Int { known ?? max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }

    private let known: Int?

    /// Makes surroundings.
    public init(environment: [String: String], workingDirectory: String, processors: Int? = nil) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        known = processors
    }
}
