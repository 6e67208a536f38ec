import OCISpec

/// Where the root file system comes from.
public enum RootFilesystemSource: Equatable, Sendable {
    /// A directory, used as it is.
    case directory(String)
    /// An overlay: read-only layers (topmost first), the writable directory and overlayfs' own work directory, which
    /// are on one file system.
    case overlay(lower: [String], upper: String, work: String)
}

/// Descriptors that a workload gets as its first three. They are borrowed: whoever asks keeps and closes them.
public struct StandardStreams: Equatable, Sendable {
    /// Descriptor 0 of the workload.
    public var stdin: CInt
    /// Descriptor 1 of the workload.
    public var stdout: CInt
    /// Descriptor 2 of the workload.
    public var stderr: CInt

    /// Makes three streams.
    public init(stdin: CInt = 0, stdout: CInt = 1, stderr: CInt = 2) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// All that is needed to make a container.
public struct ContainerRequest: Sendable {
    /// The container's id, for hooks and control groups.
    public var id: String
    /// What it is.
    public var spec: Spec
    /// Where its root file system comes from; `spec.root.path` is not looked at.
    public var root: RootFilesystemSource
    /// An existing directory on which the root file system is mounted, in the container's mount namespace only.
    public var mountPoint: String
    /// The bundle's directory: told to hooks, and where relative sources of bind mounts begin.
    public var bundle: String
    /// The workload's streams; nil where it has a terminal, or to leave the caller's own.
    public var streams: StandardStreams?
    /// Where compiled filters are kept; nil to compile anew.
    public var seccompCache: String?
    /// The filter; nil takes `spec.linux.seccomp`.
    public var seccomp: SeccompSource?
    /// The control group above the container's, as `/hull`; used where the spec has no `cgroupsPath`. Without both there
    /// is no control group.
    public var cgroupParent: String?
    /// Limits that nobody asked for: where the host cannot enforce them there is a note and no error.
    public var optionalLimits: Set<ControlGroup.Limit> = []
    /// Whether nothing that is written to an overlay has to outlive the container: fsync(2) in it then does nothing, and
    /// its end does not wait until the file system below, the host's, is written to disk.
    public var isVolatile: Bool = false
    /// Whether process 1 is ours: it starts the workload, forwards signals, reaps zombies.
    public var useInit: Bool = false

    /// Makes a request with the other fields as their defaults.
    public init(
        id: String, spec: Spec, root: RootFilesystemSource, mountPoint: String, bundle: String,
        streams: StandardStreams? = nil
    ) {
        self.id = id
        self.spec = spec
        self.root = root
        self.mountPoint = mountPoint
        self.bundle = bundle
        self.streams = streams
    }
}
