import Glibc
import LinuxSystem
import OCISpec

/// The control group of one container: one directory in each v1 hierarchy that is needed, and one in the v2 hierarchy
/// where that holds what v1 does not (cgroups(7)). A value only names directories: it can be stored, and used by
/// another process.
///
/// What entering costs (v1): moving a process by its id, into `cgroup.procs` as into `tasks`, waits for an RCU grace
/// period (7 to 11 ms for the first hierarchy) whoever does it; a single-threaded process that writes `0` into `tasks`
/// takes no global lock (0.1 ms for seven hierarchies). So a container's first process enters by an `Entrance`.
public struct ControlGroup: Sendable, Codable, Equatable {
    /// The group's directory in one v1 hierarchy.
    public struct Directory: Sendable, Codable, Equatable {
        /// The controllers of the hierarchy.
        public var controllers: [String]
        /// The directory.
        public var path: String
    }

    /// The path that was asked for: absolute from the root of each hierarchy, or relative to the maker's own group.
    public let path: String
    /// The v1 directories.
    public internal(set) var legacy: [Directory] = []
    /// The v2 directory.
    public internal(set) var unified: String?
    /// What could not be enforced though it was set by a default, one line each, for people.
    public internal(set) var notes: [String] = []

    /// Whether there is no group at all: nothing is limited, nothing can be paused.
    public var isEmpty: Bool { legacy.isEmpty && unified == nil }

    /// The v1 directory of a controller.
    func directory(of controller: String) -> String? {
        legacy.first { $0.controllers.contains(controller) }?.path
    }

    /// Makes the group's directories and sets its limits. Nothing is left behind on failure.
    ///
    /// - Parameters:
    ///   - path: such as `/hull/ID` (from the root of each hierarchy) or `hull/ID` (below this process's own group).
    ///   - resources: the limits. Without a list of devices the usual one is in force, where devices can be controlled.
    ///   - optional: limits that nobody asked for: where the host cannot enforce them that is a note and no error.
    ///   - layout: where the host keeps its groups; found out without it.
    public static func create(
        path: String, resources: Spec.Resources?, optional: Set<Limit> = [], layout: Layout? = nil
    ) throws(ControlGroupError) -> ControlGroup {
        let components = try pathComponents(path)
        let known: Layout
        if let layout { known = layout } else { known = try Layout.current() }
        var group = ControlGroup(path: path)
        do throws(ControlGroupError) {
            var plan = LimitPlan(resources: resources ?? Spec.Resources(), settingDevices: true)
            try group.makeDirectories(components, needs: plan.needs, optional: optional, layout: known)
            try group.apply(&plan, optional: optional)
        } catch {
            // The first error counts; what cannot be removed now is empty and is taken over by the next attempt.
            try? group.delete(patience: 0)
            throw error
        }
        return group
    }

    /// Changes limits of a living group; those that are not named stay. A v1 hierarchy that the group is not in yet is
    /// entered first, which moves its processes.
    public mutating func update(_ resources: Spec.Resources) throws(ControlGroupError) {
        var plan = LimitPlan(resources: resources, settingDevices: resources.devices != nil)
        let missing = plan.needs.filter { need in
            need.limit != nil && directory(of: need.controller) == nil && unified == nil
        }
        if !missing.isEmpty {
            let before = try processes()
            let joined = legacy.count
            try makeDirectories(
                try Self.pathComponents(path), needs: missing, optional: [], layout: try Layout.current())
            for directory in legacy[joined...] {
                for process in before { try Self.add(process, to: directory.path) }
            }
        }
        try apply(&plan, optional: [])
    }

    /// Moves a process into the group: slow on v1, see `Entrance`.
    public func add(_ process: pid_t) throws(ControlGroupError) {
        for directory in legacy { try Self.add(process, to: directory.path) }
        if let unified { try Self.add(process, to: unified) }
    }

    private static func add(_ process: pid_t, to directory: String) throws(ControlGroupError) {
        do {
            try KernelFile.write(directory + "/cgroup.procs", String(process))
        } catch {
            // A process that ended meanwhile needs no group.
            if error.number != ESRCH { throw .system(error) }
        }
    }

    /// Splits a path and refuses what could lead elsewhere.
    static func pathComponents(_ path: String) throws(ControlGroupError) -> [String] {
        func invalid(_ reason: String) -> ControlGroupError { .invalidPath(path, reason: reason) }
        guard path.utf8.count < 2048 else { throw invalid("longer than 2047 bytes") }
        let components = path.split(separator: "/").map(String.init)
        guard !components.isEmpty else { throw invalid("names no group") }
        for component in components {
            if component == ".." || component == "." { throw invalid("\"\(component)\" is not allowed in it") }
            if component.utf8.count > 255 { throw invalid("a name in it is longer than 255 bytes") }
            if component.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
                throw invalid("control characters are not allowed in it")
            }
        }
        return components
    }
}
