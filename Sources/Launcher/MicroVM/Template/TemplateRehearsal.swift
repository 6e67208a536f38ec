import AgentProtocol
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// The workload that a guest makes once, and never runs, before it is written down: like that of a plain `hull run`, but
/// without anything of an image's, a user's or the host's.
enum TemplateRehearsal {
    /// What the guest is told.
    static func configuration() throws -> WorkloadConfiguration {
        let image = ImageConfiguration(platform: .host, config: .init(), rootfs: .init(diffIDs: []))
        var options = RunOptions(image: name)
        options.command = [program]
        let container = SpecBuilder.Container(id: name, name: name, directory: "/" + name, layers: [])
        let host = HostFacts(
            uid: 0, gid: 0, capabilities: CapabilityNames.all, hostname: name, unifiedControlGroups: true,
            subordinateIDs: { SubordinateIDs() })
        let result = try SpecBuilder(
            options: options, image: image, container: container, host: host,
            findProcess: { _ in throw LaunchError("there is no other container") }
        ).build()
        let spec = GuestSpecification.inGuest(result.spec, nil) { $0.source?.hasPrefix(container.directory) ?? false }
        return WorkloadConfiguration(
            time: UInt64(WallClock.now.nanoseconds), hostname: name, entropy: [],
            specification: try JSONValue.encode(spec).bytes(), seccomp: .byDefault, usesInit: false, hasInput: false,
            terminal: TerminalSize(rows: 0, columns: 0), storage: .memory(limit: 0),
            files: result.files.map { WorkloadConfiguration.File(path: "/etc/" + $0.name, mode: 0o644, bytes: []) }
                + [WorkloadConfiguration.File(path: program, mode: 0o755, bytes: [])])
    }

    /// An empty file is nothing to execute, which the kernel finds out when all is done that comes before.
    private static let program = "/rehearsal"

    private static let name = "rehearsal"
}
