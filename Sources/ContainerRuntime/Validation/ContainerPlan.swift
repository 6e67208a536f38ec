import CLinux
import LinuxSystem
import OCISpec

/// A request that was checked and taken apart, before anything is touched.
struct ContainerPlan {
    var request: ContainerRequest
    var process: Spec.Process
    let linux: Spec.Linux
    let namespaces: NamespacePlan
    var capabilities: CapabilitySets
    var mounts: [Spec.Mount]
    var filter: SeccompSource
    /// The control group's path; nil for none.
    let controlGroupPath: String?
    /// The propagation of the container's root mount; nil leaves it private.
    var rootPropagation: MountOptions?

    /// Checks a request.
    init(_ request: ContainerRequest) throws(RuntimeError) {
        let spec = request.spec
        guard let process = spec.process else {
            throw .invalid(at: "process", reason: "is missing: there is nothing to run")
        }
        self.request = request
        self.process = process
        linux = spec.linux ?? Spec.Linux()
        namespaces = try NamespacePlan(linux.namespaces)
        capabilities = try SpecificationCheck.process(process)
        mounts = spec.mounts ?? []
        filter = request.seccomp ?? linux.seccomp.map { .spec($0) } ?? .none
        if let path = linux.cgroupsPath, !path.isEmpty {
            controlGroupPath = path
        } else {
            controlGroupPath = request.cgroupParent.map { $0 + "/" + request.id }
        }
        rootPropagation = try Self.propagation(linux.rootfsPropagation)
        try SpecificationCheck.namespaces(spec, linux, namespaces)
        try SpecificationCheck.identities(process, linux, namespaces)
        try SpecificationCheck.mounts(mounts)
        try SpecificationCheck.hooks(spec.hooks)
        try SpecificationCheck.paths(linux)
        try Sysctl.check(linux.sysctl, namespaces)
    }

    /// Reads a kind of propagation; nil where none is named.
    static func propagation(_ name: String?) throws(RuntimeError) -> MountOptions? {
        guard let name, !name.isEmpty else { return nil }
        let options = MountOptions([name])
        guard options.propagation != 0 else {
            throw .invalid(at: "linux.rootfsPropagation", reason: "\"\(printable(name))\" is no kind of propagation")
        }
        return options
    }

    /// Whether the host's control groups must be known.
    var needsControlGroupLayout: Bool {
        controlGroupPath != nil || mounts.contains { $0.type == "cgroup" || $0.type == "cgroup2" }
    }

    /// Whether the container has a root file system of its own; not when it joins a mount namespace.
    var hasOwnRoot: Bool { namespaces.creates(.mount) }
}
