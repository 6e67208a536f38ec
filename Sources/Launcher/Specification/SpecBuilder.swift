import ContainerRuntime
import Glibc
import LinuxSystem
import OCISpec

/// Makes the OCI configuration of a container from options and an image.
public struct SpecBuilder: Sendable {
    /// What the container is called and where it is kept.
    public struct Container: Sendable {
        /// The id, 64 hexadecimal digits.
        public var id: String
        /// The name.
        public var name: String
        /// `ROOT/containers/ID`, absolute.
        public var directory: String
        /// The directories of its root file system, topmost first.
        public var layers: [String]

        /// Makes a description.
        public init(id: String, name: String, directory: String, layers: [String]) {
            self.id = id
            self.name = name
            self.directory = directory
            self.layers = layers
        }
    }

    let options: RunOptions
    let image: ImageConfiguration
    let container: Container
    let host: HostFacts
    /// The first process of another container, by name or id, for `--pid=container:NAME`.
    let findProcess: @Sendable (String) throws -> pid_t

    /// Makes a builder; nothing is read before `build`.
    public init(
        options: RunOptions, image: ImageConfiguration, container: Container, host: HostFacts,
        findProcess: @escaping @Sendable (String) throws -> pid_t
    ) {
        self.options = options
        self.image = image
        self.container = container
        self.host = host
        self.findProcess = findProcess
    }

    /// Everything that was decided for a container.
    public struct Result: Sendable {
        /// The OCI configuration, without a seccomp filter.
        public var spec: Spec
        /// The filter of system calls that is put in force.
        public var seccomp: SeccompSource
        /// Files that the configuration binds into the container, by their names in the container's directory.
        public var files: [(name: String, content: String)]
        /// The number of the signal that `stop` sends.
        public var stopSignal: CInt
        /// The image's labels with the options' over them.
        public var labels: [String: String]
        /// Limits that were not asked for but follow from others: a host that cannot enforce them is no error.
        public var optionalLimits: Set<ControlGroup.Limit>
        /// Things that the user should know, one line each.
        public var warnings: [String]
    }

    /// Makes the configuration.
    ///
    /// - Throws: `InvalidOption`, `UnusableOptions` or `SystemError`, each one line.
    public func build() throws -> Result {
        var warnings: [String] = []
        let mappings = try identityMappings(&warnings)
        var spec = Spec()
        spec.root = Spec.Root(path: "rootfs", readonly: options.readOnly ? true : nil)
        let files = ContainerFilesInEtc(options.network, hostname: hostname, id: container.id)
        var linux = Spec.Linux()
        linux.namespaces = try namespaces(hasUsers: mappings != nil)
        linux.uidMappings = mappings?.users
        linux.gidMappings = mappings?.groups
        spec.process = try process(mappings)
        spec.hostname = options.namespaces.uts == .own ? hostname : nil
        spec.domainname = options.namespaces.uts == .own ? options.network.domainname : nil
        spec.mounts = try mounts(files: files.names, mappings: mappings)
        spec.annotations = options.annotations.isEmpty ? nil : options.annotations
        linux.cgroupsPath = controlGroupPath
        linux.resources = try resources(hasUsers: mappings != nil)
        linux.devices = try devices(hasUsers: mappings != nil)
        linux.sysctl = options.security.sysctls.isEmpty ? nil : options.security.sysctls
        if !options.security.privileged, !options.security.unconfinedPaths {
            linux.maskedPaths = Self.maskedPaths
            linux.readonlyPaths = Self.readonlyPaths
        }
        spec.linux = linux
        return Result(
            spec: spec, seccomp: try seccomp(bounding: spec.process?.capabilities?.bounding ?? []),
            files: try files.contents(), stopSignal: stopSignal, labels: labels,
            optionalLimits: options.limits.memory != nil && options.limits.memorySwap == nil ? [.swap] : [],
            warnings: warnings)
    }

    /// The filter: what is allowed depends on the capabilities that the workload can have.
    private func seccomp(bounding: [String]) throws -> SeccompSource {
        switch options.security.seccomp {
        case _ where options.security.privileged: return .none
        case .unconfined: return .none
        case .standard: return .builtin(capabilities: bounding)
        case .file(let path):
            do {
                let file = try OwnedDescriptor.open(path, O_RDONLY)
                let bytes = try BoundedFile.read(file, path, limit: SeccompProfile.maximumSize)
                return .spec(
                    try SeccompProfile(parsing: bytes).resolve(capabilities: Set(bounding), kernel: .running))
            } catch {
                throw InvalidOption(option: "--security-opt", value: "seccomp=\(path)", reason: "\(error)")
            }
        }
    }

    var execution: ImageConfiguration.Execution? { image.config }

    /// The container's host name: with the host's network the host's, as programs there expect.
    var hostname: String {
        if let name = options.network.hostname { return name }
        let shares = options.network.mode == .host || options.namespaces.uts == .host
        return shares ? host.hostname : String(container.id.prefix(12))
    }

    private var stopSignal: CInt {
        options.stopSignal ?? execution?.stopSignal.flatMap(SignalNames.number) ?? SIGTERM
    }

    private var labels: [String: String] {
        (execution?.labels ?? [:]).merging(options.labels) { _, given in given }
    }

    /// Below the root of the hierarchies for root, below our own group for others.
    private var controlGroupPath: String {
        let parent = options.limits.controlGroupParent ?? (host.groupsAreBelowOurs ? "hull" : "/hull")
        return parent + "/" + container.id
    }

    private func namespaces(hasUsers: Bool) throws -> [Spec.Namespace] {
        var result = [Spec.Namespace(.mount)]
        if hasUsers { result.append(Spec.Namespace(.user)) }
        if options.network.mode == .none { result.append(Spec.Namespace(.network)) }
        let shared: [(NamespaceOptions.Sharing, Spec.Namespace.Kind)] = [
            (options.namespaces.uts, .uts), (options.namespaces.ipc, .ipc), (options.namespaces.pid, .pid),
            (options.namespaces.cgroup, .cgroup),
        ]
        for (sharing, kind) in shared {
            switch sharing {
            case .own: result.append(Spec.Namespace(kind))
            case .host: break
            case .container(let name):
                result.append(Spec.Namespace(kind, path: "/proc/\(try findProcess(name))/ns/\(kind.rawValue)"))
            }
        }
        return result
    }

    private func identityMappings(_ warnings: inout [String]) throws -> IdentityMappings? {
        switch options.namespaces.users {
        case .host where host.isRootless:
            throw UnusableOptions("--userns=host needs root: an ordinary user's containers have users of their own")
        case .host: return nil
        case .standard where !host.isRootless: return nil
        case .standard:
            let subordinate = host.subordinateIDs()
            if subordinate.isEmpty {
                warnings.append(
                    "no ids for user \(host.uid) in /etc/subuid and /etc/subgid: only root exists in the container")
            }
            return .rootless(uid: host.uid, gid: host.gid, subordinate: subordinate)
        case .keepID:
            if !host.isRootless {
                throw InvalidOption(option: "--userns", value: "keep-id", reason: "it is for ordinary users, not root")
            }
            return .keepingID(uid: host.uid, gid: host.gid, subordinate: host.subordinateIDs())
        case .auto:
            let subordinate = host.subordinateIDs()
            if host.isRootless { return .rootless(uid: host.uid, gid: host.gid, subordinate: subordinate) }
            if subordinate.isEmpty {
                throw UnusableOptions(
                    "--userns=auto needs a line for 'containers' in /etc/subuid and in /etc/subgid, "
                        + "as 'containers:2147483648:65536'")
            }
            return .separate(subordinate)
        }
    }
}

extension SpecBuilder {
    /// What tells about the host or changes it, and is no business of a container.
    static let maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
        "/sys/devices/virtual/powercap", "/sys/firmware",
    ]

    /// What a container may read but not write.
    static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
