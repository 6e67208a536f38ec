import OCISpec

/// What of a container is made before its root file system, its command and its user are known: by a plan like that of the
/// containers that are to come of it.
struct PreparedPart {
    let plan: ContainerPlan
    /// The mounts that lie in no other.
    let entries: [Spec.Mount]

    /// Reads a plan.
    ///
    /// - Throws: `invalid` where a container like this cannot be made in two parts.
    init(_ plan: ContainerPlan) throws(RuntimeError) {
        func refuse(_ place: String) -> RuntimeError { .invalid(at: place, reason: "cannot be prepared for") }
        let kinds: [Spec.Namespace.Kind] = [.mount, .pid, .uts]
        guard kinds.allSatisfy(plan.namespaces.creates), plan.namespaces.joined.isEmpty,
            !plan.namespaces.creates(.user)
        else { throw refuse("linux.namespaces") }
        guard Self.hasNoHooks(plan) else { throw refuse("hooks") }
        guard plan.process.terminal != true else { throw refuse("process.terminal") }
        guard case .directory = plan.request.root else { throw refuse("root") }
        var limits = plan.linux.resources ?? Spec.Resources()
        limits.devices = nil
        guard limits == Spec.Resources() else { throw refuse("linux.resources") }
        guard plan.linux.sysctl?.isEmpty != false else { throw refuse("linux.sysctl") }
        self.plan = plan
        entries = plan.mounts.filter { mount in
            !plan.mounts.contains { $0.destination != mount.destination && Self.lies(mount.destination, in: $0) }
        }
    }

    private static func hasNoHooks(_ plan: ContainerPlan) -> Bool {
        plan.request.spec.hooks == nil || plan.request.spec.hooks == Spec.Hooks()
    }

    /// Whether a path is a mount's place, or in it.
    private static func lies(_ path: String, in mount: Spec.Mount) -> Bool {
        path == mount.destination || path.hasPrefix(mount.destination + "/")
    }

    /// Tells a prepared process what it needs to become another plan's first process.
    ///
    /// - Returns: nil where it cannot: it has what that is not to have, or lacks what must be made first.
    func completion(for other: ContainerPlan) -> Completion? {
        let (mine, theirs) = (plan.linux, other.linux)
        guard other.namespaces.created == plan.namespaces.created, other.namespaces.joined.isEmpty,
            theirs.timeOffsets == mine.timeOffsets, theirs.devices == mine.devices,
            theirs.resources?.devices == mine.resources?.devices, theirs.sysctl?.isEmpty != false,
            theirs.maskedPaths == mine.maskedPaths, theirs.readonlyPaths == mine.readonlyPaths,
            other.controlGroupPath == plan.controlGroupPath, other.request.id == plan.request.id,
            other.request.mountPoint == plan.request.mountPoint, other.filter == plan.filter || other.filter == .none,
            other.capabilities.bounding & ~plan.capabilities.bounding == 0,
            other.process.oomScoreAdj == plan.process.oomScoreAdj,
            other.process.apparmorProfile == plan.process.apparmorProfile,
            other.process.selinuxLabel == plan.process.selinuxLabel, Self.hasNoHooks(other),
            let hostname = other.request.spec.hostname,
            other.request.spec.domainname != nil || plan.request.spec.domainname == nil,
            let mounts = mounts(other.mounts)
        else { return nil }
        let completion = Completion(
            process: other.process, capabilities: other.capabilities, isFiltered: other.filter != .none,
            hostname: hostname, domainname: other.request.spec.domainname, mounts: mounts,
            isReadOnly: other.request.spec.root?.readonly == true, rootPropagation: theirs.rootfsPropagation,
            useInit: other.request.useInit)
        // The root and three streams come along besides.
        let descriptors = 4 + mounts.count { if case .other(_, true) = $0 { true } else { false } }
        return descriptors <= Channel.maximumDescriptors ? completion : nil
    }

    /// All mounts that are prepared, in the same order, and others between and behind them.
    private func mounts(_ wanted: [Spec.Mount]) -> [Completion.Mount]? {
        var rest = plan.mounts[...]
        var next = 0
        var result: [Completion.Mount] = []
        for mount in wanted {
            if mount == rest.first {
                rest.removeFirst()
                if next < entries.count, entries[next] == mount {
                    result.append(.staged(next))
                    next += 1
                }
            } else if let other = self.other(mount) {
                result.append(other)
            } else {
                return nil
            }
        }
        return rest.isEmpty ? result : nil
    }

    /// A mount that is made when the root file system is there; nil where it must be made among those that are prepared, or
    /// by another way.
    private func other(_ mount: Spec.Mount) -> Completion.Mount? {
        let options = MountOptions(mount.options ?? [])
        let isPlain = mount.destination.split(separator: "/").allSatisfy { $0 != "." && $0 != ".." }
        guard isPlain, !entries.contains(where: { Self.lies(mount.destination, in: $0) }),
            mount.uidMappings?.isEmpty != false, mount.gidMappings?.isEmpty != false, !options.idMapped,
            !options.propagatesFromHost
        else { return nil }
        return .other(mount, comesAlong: options.bind || mount.type == "bind")
    }
}
