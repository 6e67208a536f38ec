import AgentProtocol
import ContainerRuntime
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// What the agent of a guest is told of a workload: the container's own specification, but for what only a host has.
struct GuestSpecification {
    private let record: ContainerRecord
    private let spec: Spec
    private let directory: String

    /// The largest specification, in bytes of JSON.
    static let maximumSpecification = 1 << 20

    /// - Parameter directory: the container's, where files lie that it finds in /etc.
    init(_ record: ContainerRecord, _ spec: Spec, directory: String) {
        self.record = record
        self.spec = spec
        self.directory = directory
    }

    /// The message.
    func configuration(storage: WorkloadConfiguration.Storage) throws -> WorkloadConfiguration {
        let specification = try JSONValue.encode(Self.inGuest(spec, filter, isOurs)).bytes()
        guard specification.count <= Self.maximumSpecification else {
            throw LaunchError(
                "the environment and options are \(specification.count) bytes: a micro-VM takes "
                    + "\(Self.maximumSpecification) at most")
        }
        let size = spec.process?.consoleSize
        return WorkloadConfiguration(
            time: UInt64(WallClock.now.nanoseconds), hostname: record.shortID, entropy: Self.entropy(),
            specification: specification, seccomp: seccomp, usesInit: record.usesInit, hasInput: record.interactive,
            terminal: TerminalSize(
                rows: UInt16(clamping: size?.height ?? 0), columns: UInt16(clamping: size?.width ?? 0)),
            storage: storage, files: try files())
    }

    /// What makes a copy of the guest another.
    func renewal() throws -> HostMessage.Renewal {
        HostMessage.Renewal(
            time: UInt64(WallClock.now.nanoseconds), entropy: Self.entropy(), hostname: record.shortID,
            workloadHostname: spec.hostname ?? record.shortID, files: try files())
    }

    /// Random bytes for a kernel that has none of its own yet.
    static func entropy() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<8).flatMap { _ in
            let word = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
    }

    /// A specification as it holds in a guest.
    ///
    /// - Parameters:
    ///   - filter: of system calls, where it is one of the specification's.
    ///   - isOurs: whether a mount is of a file that is sent by itself.
    static func inGuest(_ spec: Spec, _ filter: Spec.Seccomp?, _ isOurs: (Spec.Mount) -> Bool) -> Spec {
        var spec = spec
        spec.mounts = spec.mounts?.filter { !isOurs($0) }
        spec.linux?.cgroupsPath = nil
        spec.linux?.seccomp = filter
        // The whole machine has its share of processors and disks; in it the workload may use all.
        spec.linux?.resources?.cpu = nil
        spec.linux?.resources?.blockIO = nil
        // A guest has no swap.
        spec.linux?.resources?.memory?.swap = nil
        spec.linux?.resources?.memory?.swappiness = nil
        return spec
    }

    private var filter: Spec.Seccomp? {
        if case .spec(let filter) = record.seccomp { return filter }
        return nil
    }

    private var seccomp: WorkloadConfiguration.Seccomp {
        switch record.seccomp {
        case .builtin: .byDefault
        case .spec: .ofSpecification
        case .some(.none), nil: .unconfined
        }
    }

    /// A file that the launcher made for the workload's /etc.
    private func isOurs(_ mount: Spec.Mount) -> Bool { mount.source?.hasPrefix(directory + "/") ?? false }

    private func files() throws -> [WorkloadConfiguration.File] {
        try (spec.mounts ?? []).filter(isOurs).map { mount in
            let source = mount.source ?? ""
            let file = try OwnedDescriptor.open(source, O_RDONLY)
            return WorkloadConfiguration.File(
                path: mount.destination, mode: 0o644, bytes: try BoundedFile.read(file, source, limit: 64 << 10))
        }
    }
}
