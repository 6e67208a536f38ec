import Glibc
import LinuxSystem
import OCISpec

/// What another process must know to signal, enter, pause and clean up a container.
public struct ContainerState: Codable, Equatable, Sendable {
    /// The container's id.
    public var id: String
    /// Its first process, in the pid namespace of the one that made it.
    public var pid: pid_t
    /// When that process started, in clock ticks after boot (proc_pid_stat(5), field 22): with the pid it names the
    /// process for good.
    public var startTime: UInt64
    /// The bundle's directory.
    public var bundle: String
    /// Its control groups; nil without one.
    public var controlGroup: ControlGroup?
    /// The namespaces that are not the maker's own, made or joined.
    public var namespaces: [Spec.Namespace.Kind]
    /// The filter that is in force for what `exec` starts, too.
    public var seccomp: SeccompSource?
    /// Where compiled filters are kept.
    public var seccompCache: String?
    /// Programs that run when the container is gone.
    public var poststop: [Spec.Hook]?
    /// The spec's annotations, for hooks.
    public var annotations: [String: String]?
    /// The specification's version, for hooks.
    public var ociVersion: String
}

extension ContainerState {
    /// The state of a workload that is behind a process which is no container's: a micro-VM's monitor, in a control group.
    public static func standing(
        for process: pid_t, id: String, bundle: String, controlGroup: ControlGroup?
    ) throws(RuntimeError) -> ContainerState {
        ContainerState(
            id: id, pid: process,
            startTime: try during("find the process") { () throws(SystemError) in
                try ProcessStatus.startTime(of: process)
            }, bundle: bundle, controlGroup: controlGroup, namespaces: [], seccomp: nil, seccompCache: nil,
            poststop: nil, annotations: nil, ociVersion: Spec.version)
    }
}
