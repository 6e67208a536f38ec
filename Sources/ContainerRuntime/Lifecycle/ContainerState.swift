import Glibc
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
