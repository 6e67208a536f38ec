import AgentProtocol
import ContainerRuntime
import LinuxSystem
import OCISpec

/// What of a workload is there before its image and its command are: a process that waits, a place for its changes, and the
/// files that every workload has from the host, still empty.
struct PreparedWorkload: ~Copyable {
    let container: PreparedContainer

    /// Where the workload's changes go, if nothing else is asked for.
    static let storage = WorkloadConfiguration.Storage.memory(limit: 0)

    /// Makes it.
    ///
    /// - Parameter configuration: of a workload like those that are expected. Its program is left out.
    init(_ configuration: WorkloadConfiguration) throws(ProcessFailure) {
        var configuration = configuration
        let program = try Workload.decode(configuration).process?.args?.first
        configuration.files.removeAll { $0.path == program }
        let spec = try Workload.specification(configuration)
        guard configuration.storage == Self.storage else { throw ProcessFailure("no other storage is prepared") }
        try ProcessFailure.translating { () throws(SystemError) in try GuestMounts.mountMemoryStorage(limit: 0) }
        container = try ProcessFailure.translating { () throws(RuntimeError) in
            try PreparedContainer.create(Workload.request(configuration, spec))
        }
    }
}
