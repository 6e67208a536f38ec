import Glibc
import LinuxSystem

extension ControlGroup {
    /// A controller that a group needs.
    struct Need: Equatable {
        /// Its name in v1.
        let controller: String
        /// The limit that needs it; without one it only serves the life cycle (pausing, counting).
        let limit: Limit?

        /// Its name in v2; nil where v2 has the function without a controller.
        var unifiedController: String? {
            switch controller {
            case "freezer", "devices", "cpuacct": nil
            case "blkio": "io"
            default: controller
            }
        }
    }

    /// Makes the directories of the hierarchies that are needed.
    mutating func makeDirectories(
        _ components: [String], needs: [Need], optional: Set<Limit>, layout: Layout
    ) throws(ControlGroupError) {
        var inUnified: [Need] = []
        for need in needs {
            if directory(of: need.controller) != nil { continue }
            if let hierarchy = layout.legacyHierarchy(of: need.controller) {
                do {
                    try makeLegacyDirectory(components, hierarchy)
                } catch {
                    try tolerate(need, error, optional, where: hierarchy.mountPoint)
                }
            } else if layout.unified != nil {
                inUnified.append(need)
            } else if let limit = need.limit, limit != .devices {
                try miss(.unavailable(limit, reason: "this host has no \(need.controller) controller"), limit, optional)
            }
        }
        // The v2 hierarchy is left alone where v1 holds everything.
        guard let unified = layout.unified, !inUnified.isEmpty else { return }
        let wanted = inUnified.filter { need in
            guard let name = need.unifiedController else { return true }
            return unified.controllers.contains(name)
        }
        for need in inUnified where !wanted.contains(need) {
            guard let limit = need.limit else { continue }
            try miss(.unavailable(limit, reason: "this host has no \(need.controller) controller"), limit, optional)
        }
        if !wanted.isEmpty { try makeUnifiedDirectory(components, wanted, optional, unified) }
    }

    private mutating func makeLegacyDirectory(
        _ components: [String], _ hierarchy: Layout.Hierarchy
    ) throws(ControlGroupError) {
        let base = hierarchy.mountPoint + (path.hasPrefix("/") ? "" : hierarchy.ownGroup)
        let target = base + "/" + components.joined(separator: "/")
        try Self.makeDirectory(target, below: base, components)
        legacy.append(Directory(controllers: hierarchy.controllers, path: target))
        if hierarchy.controllers.contains("cpuset") {
            // A v1 cpuset is empty when it is made, and then takes no process.
            var directory = base
            for component in components {
                let parent = directory
                directory += "/" + component
                for file in ["/cpuset.cpus", "/cpuset.mems"] {
                    if try KernelFile.read(directory + file).allSatisfy(\.isWhitespace) {
                        let value = try KernelFile.read(parent + file).filter { !$0.isWhitespace }
                        do {
                            try KernelFile.write(directory + file, value)
                        } catch { throw .system(error) }
                    }
                }
            }
        }
    }

    /// Makes a directory and those above it; an old one without processes is taken over, made anew.
    private static func makeDirectory(
        _ target: String, below base: String, _ components: [String]
    ) throws(ControlGroupError) {
        var result = unsafe mkdir(target, 0o755)
        if result != 0 && errno == ENOENT {
            var parent = base
            for component in components.dropLast() {
                parent += "/" + component
                if unsafe mkdir(parent, 0o755) != 0 && errno != EEXIST { throw .system(.last("mkdir", parent)) }
            }
            result = unsafe mkdir(target, 0o755)
        }
        if result == 0 { return }
        guard errno == EEXIST else { throw .system(.last("mkdir", target)) }
        do {
            try ControlGroup.remove(target, patience: 0)
        } catch {
            throw .occupied(target)
        }
        if unsafe mkdir(target, 0o755) != 0 { throw .system(.last("mkdir", target)) }
    }

    private mutating func makeUnifiedDirectory(
        _ components: [String], _ needs: [Need], _ optional: Set<Limit>, _ hierarchy: Layout.Hierarchy
    ) throws(ControlGroupError) {
        let controllers = Set(needs.compactMap(\.unifiedController))
        let base: String
        if path.hasPrefix("/") {
            base = hierarchy.mountPoint
        } else if let delegated = Self.delegatedBase(hierarchy) {
            base = delegated
        } else {
            let reason = "no writable control group was delegated to this user (try systemd-run --user --scope)"
            for need in needs {
                if let limit = need.limit, limit != .devices {
                    try miss(.unavailable(limit, reason: reason), limit, optional)
                }
            }
            return
        }
        let target = base + "/" + components.joined(separator: "/")
        do {
            try Self.makeDirectory(target, below: base, components)
            unified = target
        } catch {
            for need in needs { try tolerate(need, error, optional, where: base) }
            return
        }
        // Controllers reach a group only when each group above it hands them down.
        let present = Self.words(try? KernelFile.read(target + "/cgroup.controllers"))
        let missing = controllers.subtracting(present)
        if missing.isEmpty { return }
        var failed: [String: SystemError] = [:]
        var parent = base
        for component in [""] + components.dropLast() {
            if !component.isEmpty { parent += "/" + component }
            for controller in missing.sorted() where failed[controller] == nil {
                do {
                    try KernelFile.write(parent + "/cgroup.subtree_control", "+" + controller)
                } catch {
                    failed[controller] = error
                }
            }
        }
        for need in needs {
            guard let name = need.unifiedController, let error = failed[name], let limit = need.limit else { continue }
            try miss(
                .unavailable(limit, reason: "the \(name) controller cannot be handed down (\(error))"), limit, optional)
        }
    }

    /// The nearest group, from this process's own upwards, that this user may make groups in: a writable one that
    /// holds no processes itself, for a v2 group has either processes or controllers for its children.
    static func delegatedBase(_ hierarchy: Layout.Hierarchy) -> String? {
        var group = hierarchy.ownGroup.split(separator: "/")
        while true {
            let directory = ([hierarchy.mountPoint] + group.map(String.init)).joined(separator: "/")
            let writable = ["/cgroup.procs", ""].allSatisfy { unsafe access(directory + $0, W_OK) == 0 }
            let isRoot = group.isEmpty
            let holdsProcesses =
                isRoot ? false : !(words(try? KernelFile.read(directory + "/cgroup.procs")).isEmpty)
            if writable && !holdsProcesses { return directory }
            if isRoot { return nil }
            group.removeLast()
        }
    }

    static func words(_ text: String?) -> [String] {
        (text ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// A hierarchy that cannot be used: an error only for a limit that somebody asked for.
    private mutating func tolerate(
        _ need: Need, _ error: ControlGroupError, _ optional: Set<Limit>, where mountPoint: String
    ) throws(ControlGroupError) {
        guard case .system(let system) = error, [EACCES, EPERM, EROFS].contains(system.number) else { throw error }
        // An ordinary user has no devices to keep from the container: the kernel denies them anyway.
        guard let limit = need.limit, limit != .devices || geteuid() == 0 else { return }
        try miss(
            .unavailable(limit, reason: "this user may not make control groups in \(mountPoint) (\(system.reason))"),
            limit, optional)
    }

    /// A limit that cannot be enforced.
    mutating func miss(
        _ error: ControlGroupError, _ limit: Limit, _ optional: Set<Limit>
    ) throws(ControlGroupError) {
        guard optional.contains(limit) else { throw error }
        notes.append(error.description)
    }
}
