import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// The making of workloads that are never run, in a guest that is about to be written down as a template. The first one in
/// a guest costs far more than later ones: the filter is compiled, the agent's code and the kernel's are read from the disk,
/// caches are filled, controllers are handed down.
enum Rehearsal {
    /// Makes workloads in both ways, from the start and of a prepared one.
    ///
    /// - Returns: a prepared one, for the workload that comes.
    static func run(_ configuration: WorkloadConfiguration) throws(ProcessFailure) -> PreparedWorkload {
        try makeAndEnd(configuration, nil)
        try makeAndEnd(configuration, try PreparedWorkload(configuration))
        return try PreparedWorkload(configuration)
    }

    /// Makes one on the agent's disk, and ends it: its program is an empty file.
    private static func makeAndEnd(
        _ configuration: WorkloadConfiguration, _ prepared: consuming PreparedWorkload?
    ) throws(ProcessFailure) {
        var workload = try Workload(configuration, on: .agentDisk, from: prepared)
        let state = workload.container.state
        if let reason = Self.failure(&workload) { throw reason }
        var status: CInt = 0
        // Our own child, which has ended by its error.
        _ = unsafe waitpid(state.pid, &status, 0)
        _ = consume workload
        let notes = RunningContainer.cleanUp(state)
        if let note = notes.first { throw ProcessFailure(note) }
        try ProcessFailure.translating { () throws(SystemError) in
            try GuestMounts.unmountStorage()
            for name in try WholeFile.names(in: GuestMounts.files) { unsafe unlink(GuestMounts.files + "/" + name) }
        }
    }

    /// Why it ended otherwise than it should.
    private static func failure(_ workload: inout Workload) -> ProcessFailure? {
        do throws(RuntimeError) {
            try workload.container.start()
            return ProcessFailure("the workload that was rehearsed runs")
        } catch {
            if case .commandNotExecutable = error { return nil }
            return ProcessFailure("\(error)")
        }
    }
}
