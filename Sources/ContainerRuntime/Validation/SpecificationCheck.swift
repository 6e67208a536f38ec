import LinuxSystem
import OCISpec

/// Checks a specification as far as it can be checked without touching the system. What is refused here would fail
/// later, half way, with a worse message; or would not fail although it should.
enum SpecificationCheck {
    /// Checks a process.
    ///
    /// - Returns: its capabilities; all where it names none, as far as its user can have them.
    static func process(_ process: Spec.Process) throws(RuntimeError) -> CapabilitySets {
        guard let args = process.args, !args.isEmpty else {
            throw .invalid(at: "process.args", reason: "is empty: there is nothing to run")
        }
        for word in args { try text(word, at: "process.args") }
        for variable in process.env ?? [] { try text(variable, at: "process.env") }
        try absolute(process.cwd, at: "process.cwd")
        if let umask = process.user.umask, umask > 0o777 {
            throw .invalid(at: "process.user.umask", reason: "\(umask) is more than 511 (0777)")
        }
        // The kernel's own bound (linux/limits.h, NGROUPS_MAX).
        if let count = process.user.additionalGids?.count, count > 65536 {
            throw .invalid(at: "process.user.additionalGids", reason: "has \(count) groups; 65536 are possible")
        }
        if let score = process.oomScoreAdj, !(-1000...1000).contains(score) {
            throw .invalid(at: "process.oomScoreAdj", reason: "\(score) is not between -1000 and 1000")
        }
        try ResourceLimits.check(process.rlimits)
        if let sets = process.capabilities { return try CapabilitySets(sets) }
        return CapabilitySets(everythingFor: process.user.uid)
    }

    /// Checks what depends on namespaces.
    static func namespaces(
        _ spec: Spec, _ linux: Spec.Linux, _ plan: NamespacePlan
    ) throws(RuntimeError) {
        guard plan.changes(.mount) else {
            throw .invalid(at: "linux.namespaces", reason: "a container needs a mount namespace")
        }
        for (name, place) in [(spec.hostname, "hostname"), (spec.domainname, "domainname")] {
            guard let name else { continue }
            try text(name, at: place)
            if !plan.changes(.uts) {
                throw .invalid(at: place, reason: "is set without a uts namespace: it would be the host's")
            }
            // The kernel's own bound (linux/utsname.h, __NEW_UTS_LEN).
            if name.utf8.count > 64 { throw .invalid(at: place, reason: "is longer than 64 bytes") }
        }
        for (clock, offset) in linux.timeOffsets ?? [:] {
            let place = "linux.timeOffsets.\(printable(clock))"
            guard clock == "monotonic" || clock == "boottime" else {
                throw .invalid(at: place, reason: "only monotonic and boottime have offsets")
            }
            guard plan.creates(.time) else {
                throw .invalid(at: place, reason: "is set without a new time namespace")
            }
            if offset.nanosecs ?? 0 > 999_999_999 {
                throw .invalid(at: place, reason: "has more than 999999999 nanoseconds")
            }
        }
    }

    /// Checks mappings of users and groups, and that the process's own are among them.
    static func identities(
        _ process: Spec.Process, _ linux: Spec.Linux, _ plan: NamespacePlan
    ) throws(RuntimeError) {
        let users = linux.uidMappings ?? []
        let groups = linux.gidMappings ?? []
        guard plan.creates(.user) else {
            if users.isEmpty && groups.isEmpty { return }
            if plan.joins(.user) { return }
            throw .invalid(at: "linux.uidMappings", reason: "is set without a user namespace")
        }
        try mappings(users, at: "linux.uidMappings")
        try mappings(groups, at: "linux.gidMappings")
        for (id, mapped, place) in [
            (0, users, "linux.uidMappings"), (0, groups, "linux.gidMappings"),
            (process.user.uid, users, "process.user.uid"), (process.user.gid, groups, "process.user.gid"),
        ] where !mapped.contains(where: { $0.contains(id) }) {
            throw .invalid(at: place, reason: "id \(id) is not mapped in the user namespace")
        }
        for id in process.user.additionalGids ?? [] where !groups.contains(where: { $0.contains(id) }) {
            throw .invalid(at: "process.user.additionalGids", reason: "id \(id) is not mapped in the user namespace")
        }
    }

    /// Checks one list of ranges.
    static func mappings(_ mappings: [IDMapping], at place: String) throws(RuntimeError) {
        if mappings.isEmpty { throw .invalid(at: place, reason: "is empty: a user namespace needs it") }
        // user_namespaces(7), "User and group ID mappings".
        if mappings.count > 340 { throw .invalid(at: place, reason: "has more than 340 ranges") }
        for (first, second) in [(\IDMapping.containerID, "containerID"), (\IDMapping.hostID, "hostID")] {
            let sorted = mappings.sorted { $0[keyPath: first] < $1[keyPath: first] }
            for (index, range) in sorted.enumerated() {
                let (end, overflow) = range[keyPath: first].addingReportingOverflow(range.size)
                if range.size == 0 || overflow {
                    throw .invalid(at: place, reason: "a range of \(range.size) ids cannot be")
                }
                if index + 1 < sorted.count && sorted[index + 1][keyPath: first] < end {
                    throw .invalid(at: place, reason: "two ranges share a \(second)")
                }
            }
        }
    }

    /// Checks mounts: form only; what there is to mount shows when it is mounted.
    static func mounts(_ mounts: [Spec.Mount]) throws(RuntimeError) {
        for (index, mount) in mounts.enumerated() {
            let place = "mounts[\(index)]"
            if mount.destination.isEmpty { throw .invalid(at: place + ".destination", reason: "is empty") }
            try text(mount.destination, at: place + ".destination")
            try text(mount.source ?? "", at: place + ".source")
            try text(mount.type ?? "", at: place + ".type")
            for option in mount.options ?? [] { try text(option, at: place + ".options") }
            // Everything in /proc means something to somebody: only files that LXCFS and its like replace are let through.
            let components = mount.destination.split(separator: "/").filter { $0 != "." }
            guard components.first == "proc", !components.contains("..") else { continue }
            let inside = components.dropFirst().joined(separator: "/")
            if inside.isEmpty {
                let options = MountOptions(mount.options ?? [])
                guard mount.type == "proc" || mount.type == "none" || options.bind || mount.type == "bind" else {
                    throw .invalid(at: place, reason: "only proc can be mounted on /proc")
                }
            } else if !replaceableInProc.contains(inside) {
                throw .invalid(at: place, reason: "\(printable(mount.destination)) cannot be mounted on")
            }
        }
    }

    private static let replaceableInProc: Set<String> = [
        "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "net/dev",
        "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
    ]

    /// Checks hooks.
    static func hooks(_ hooks: Spec.Hooks?) throws(RuntimeError) {
        guard let hooks else { return }
        for (list, point) in [
            (hooks.prestart, "prestart"), (hooks.createRuntime, "createRuntime"),
            (hooks.createContainer, "createContainer"), (hooks.startContainer, "startContainer"),
            (hooks.poststart, "poststart"), (hooks.poststop, "poststop"),
        ] {
            for hook in list ?? [] {
                try absolute(hook.path, at: "hooks.\(point).path")
                for word in hook.args ?? [] { try text(word, at: "hooks.\(point).args") }
                for variable in hook.env ?? [] { try text(variable, at: "hooks.\(point).env") }
                if let timeout = hook.timeout, timeout <= 0 {
                    throw .invalid(at: "hooks.\(point).timeout", reason: "must be more than 0")
                }
            }
        }
    }

    /// Checks hidden paths and devices.
    static func paths(_ linux: Spec.Linux) throws(RuntimeError) {
        for path in linux.maskedPaths ?? [] { try absolute(path, at: "linux.maskedPaths") }
        for path in linux.readonlyPaths ?? [] { try absolute(path, at: "linux.readonlyPaths") }
        if let label = linux.mountLabel, !label.isEmpty {
            throw .invalid(at: "linux.mountLabel", reason: "SELinux labels of mounts are not supported")
        }
        for device in linux.devices ?? [] { try absolute(device.path, at: "linux.devices") }
    }

    private static func absolute(_ path: String, at place: String) throws(RuntimeError) {
        try text(path, at: place)
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw .invalid(at: place, reason: "\"\(printable(path))\" is not an absolute path")
        }
    }

    private static func text(_ text: String, at place: String) throws(RuntimeError) {
        if text.utf8.contains(0) { throw .invalid(at: place, reason: "contains a NUL character") }
    }
}

extension IDMapping {
    /// Whether an id of the container is in this range.
    func contains(_ id: UInt32) -> Bool { id >= containerID && id - containerID < size }

    /// The host's id of one that is mapped.
    static func host(_ id: UInt32, _ mappings: [IDMapping]) -> UInt32 {
        mappings.first { $0.contains(id) }.map { $0.hostID + (id - $0.containerID) } ?? id
    }
}
