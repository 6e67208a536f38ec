import AgentProtocol
import ContainerRuntime
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// Why a process cannot be made.
struct ProcessFailure: Error {
    /// The exit code of whoever asked for it.
    var code: UInt8
    var message: String

    init(_ message: String, code: UInt8 = 125) {
        self.code = code
        self.message = message
    }

    /// Turns every error into one for the host.
    static func translating<Failure: Error, Result: ~Copyable>(
        _ body: () throws(Failure) -> Result
    ) throws(ProcessFailure) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            let code = (error as? RuntimeError)?.exitCode ?? 125
            throw ProcessFailure("\(error)", code: UInt8(truncatingIfNeeded: code))
        }
    }
}

/// The workload: a container in the guest, made of what the host sent.
struct Workload: ~Copyable {
    var container: Container
    let process: ManagedProcess
    /// The kernel would unmount all of it before it tells of the workload's end.
    private let mountNamespace: OwnedDescriptor?

    /// What there is below the workload's root file system.
    enum Base { case image, agentDisk }
    /// The paths of files that came from the host, in their order.
    let files: [String]

    /// Makes it; it then waits for `container.start`.
    ///
    /// - Parameter prepared: what it is made of, where that fits.
    init(
        _ configuration: WorkloadConfiguration, on base: Base = .image, from prepared: consuming PreparedWorkload?
    ) throws(ProcessFailure) {
        let spec = try Self.specification(configuration)
        try ProcessFailure.translating { () throws(SystemError) in
            if base == .image { try GuestMounts.mountImage() }
            try Self.mountStorage(configuration.storage, isPrepared: prepared != nil)
        }
        var request = Self.request(configuration, spec)
        request.root = .overlay(
            lower: [base == .image ? GuestMounts.image : "/"], upper: GuestMounts.storage + "/upper",
            work: GuestMounts.storage + "/work")
        if spec.process?.terminal ?? false {
            var container = try Self.make(request, prepared)
            guard let terminal = container.takeTerminal() else { throw ProcessFailure("the workload has no terminal") }
            process = try ProcessFailure.translating { () throws(SystemError) in
                try ManagedProcess(
                    number: AgentLimits.workload, terminal: terminal, size: configuration.terminal)
            }
            self.container = container
        } else {
            let streams = try ProcessFailure.translating { () throws(SystemError) in
                try ProcessStreams(number: AgentLimits.workload, hasInput: configuration.hasInput)
            }
            request.streams = streams.standard
            container = try Self.make(request, prepared)
            process = streams.process
        }
        process.pid = container.pid
        mountNamespace = container.openMountNamespace()
        files = configuration.files.map(\.path)
    }

    private static func make(
        _ request: ContainerRequest, _ prepared: consuming PreparedWorkload?
    ) throws(ProcessFailure) -> Container {
        do throws(RuntimeError) {
            if let prepared { return try prepared.container.complete(request) }
            return try Container.create(request)
        } catch {
            throw ProcessFailure("\(error)", code: UInt8(truncatingIfNeeded: error.exitCode))
        }
    }

    private static func mountStorage(
        _ storage: WorkloadConfiguration.Storage, isPrepared: Bool
    ) throws(SystemError) {
        if isPrepared {
            if storage == PreparedWorkload.storage { return }
            try GuestMounts.unmountStorage()
        }
        switch storage {
        case .memory(let limit): try GuestMounts.mountMemoryStorage(limit: limit)
        case .disk: try GuestMounts.mountDiskStorage()
        }
    }

    /// All that a workload is made of but its root file system.
    static func request(_ configuration: WorkloadConfiguration, _ spec: Spec) -> ContainerRequest {
        var request = ContainerRequest(
            id: "workload", spec: spec, root: .directory(GuestMounts.stage), mountPoint: GuestMounts.root,
            bundle: "/run")
        request.cgroupParent = "/hull"
        request.isVolatile = true
        request.useInit = configuration.usesInit
        request.seccompCache = GuestMounts.filters
        request.seccomp = seccomp(configuration.seccomp, spec)
        return request
    }

    /// The specification as it was sent.
    static func decode(_ configuration: WorkloadConfiguration) throws(ProcessFailure) -> Spec {
        try ProcessFailure.translating { () throws(JSONSyntaxError) in
            try JSONParser.parse(configuration.specification)
        }.decoded()
    }

    /// The specification, with the host's files put into its mounts.
    static func specification(_ configuration: WorkloadConfiguration) throws(ProcessFailure) -> Spec {
        var spec = try decode(configuration)
        for (index, file) in configuration.files.enumerated() {
            let source = GuestMounts.file(index)
            try ProcessFailure.translating { () throws(SystemError) in try write(file, source) }
            spec.mounts =
                (spec.mounts ?? []) + [
                    Spec.Mount(destination: file.path, type: "bind", source: source, options: ["rbind", "rprivate"])
                ]
        }
        return spec
    }

    /// Writes a file that may be there, and mounted, already.
    private static func write(_ file: WorkloadConfiguration.File, _ path: String) throws(SystemError) {
        let opened = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: usualMode)
        if file.mode & 0o777 != usualMode {
            try systemCall("fchmod", path) { fchmod(opened.number, file.mode & 0o777) }
        }
        try WholeFile.write(file.bytes, to: opened.number, path)
    }

    /// The permission bits of files that the host sends, as a rule; all of them begin with these.
    private static let usualMode: mode_t = 0o644

    private static func seccomp(_ choice: WorkloadConfiguration.Seccomp, _ spec: Spec) -> SeccompSource? {
        switch choice {
        case .ofSpecification: nil
        case .byDefault: .builtin(capabilities: spec.process?.capabilities?.bounding ?? [])
        case .unconfined: SeccompSource.none
        }
    }
}

extension JSONValue {
    fileprivate func decoded() throws(ProcessFailure) -> Spec {
        try ProcessFailure.translating { () throws(JSONShapeError) in try decode(Spec.self) }
    }
}
