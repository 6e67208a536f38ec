import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import OCISpec

/// What this host can and cannot do. Everything is looked at or tried in a child process with namespaces of its own;
/// nothing of the host is changed.
public struct Diagnosis: Sendable {
    let host: HostFacts
    let configuration: Configuration
    let store: String
    let environment: [String: String]

    /// Makes a diagnosis.
    public init(host: HostFacts, configuration: Configuration, store: String, environment: [String: String]) {
        self.host = host
        self.configuration = configuration
        self.store = store
        self.environment = environment
    }

    /// Looks at everything.
    public func findings() -> [Finding] {
        [
            kernel(), user(), controlGroups(), userNamespaces(), subordinateIDs(), mappingPrograms(), overlay(),
            storeFinding(), seccomp(), securityModules(), resourceLimits(),
        ] + machines() + programs()
    }

    private func kernel() -> Finding {
        let version = KernelVersion.running
        if version < KernelVersion(5, 9) {
            return Finding(
                "kernel", .missing, "Linux \(version) is older than 5.9", mend: "use a kernel of at least 5.12")
        }
        if version < KernelVersion(5, 12) {
            return Finding(
                "kernel", .limited, "Linux \(version) lacks mount_setattr (recursive read-only, idmapped mounts)",
                mend: "use a kernel of at least 5.12")
        }
        return Finding("kernel", .works, "Linux \(version)")
    }

    private func user() -> Finding {
        if host.isRootless { return Finding("user", .works, "user \(host.uid): containers have users of their own") }
        let lacking = CapabilityNames.all.filter { !host.capabilities.contains($0) }
        if lacking.isEmpty { return Finding("user", .works, "root with all capabilities") }
        let important = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_MKNOD", "CAP_NET_ADMIN"]
        return Finding(
            "user", lacking.contains(where: important.contains) ? .missing : .limited,
            "root without \(lacking.joined(separator: ", "))",
            mend: lacking.contains("CAP_SYS_RESOURCE")
                ? "limits of setrlimit(2) cannot be raised above ours; give the surrounding container the capability"
                : "give the surrounding container the capability")
    }

    func controlGroups() -> Finding {
        let layout: ControlGroup.Layout
        do {
            layout = try ControlGroup.Layout.current()
        } catch {
            return Finding("control groups", .missing, "\(error)", mend: "mount /proc and /sys/fs/cgroup")
        }
        return Self.controlGroups(layout, isRootless: host.isRootless) { unsafe access($0, W_OK) == 0 }
    }

    static func controlGroups(
        _ layout: ControlGroup.Layout, isRootless: Bool, isWritable: (String) -> Bool
    ) -> Finding {
        if layout.isEmpty {
            return Finding(
                "control groups", .missing, "none is mounted", mend: "mount -t cgroup2 cgroup2 /sys/fs/cgroup")
        }
        let hierarchies = layout.legacy + (layout.unified.map { [$0] } ?? [])
        let controllers = Set(hierarchies.flatMap(\.controllers))
        let names = controllers.sorted().joined(separator: ", ")
        let kind = layout.legacy.isEmpty ? "v2" : layout.unified == nil ? "v1" : "hybrid of v1 and v2"
        let wanted = ["memory", "cpu", "cpuset", "pids"]
        let absent = wanted.filter { !controllers.contains($0) }
        let closed = hierarchies.filter { !isWritable($0.mountPoint + $0.ownGroup) }
        if closed.count == hierarchies.count || (isRootless && !closed.isEmpty && layout.unified == nil) {
            return Finding(
                "control groups", .limited, "\(kind) (\(names)), but not ours to write: no limits can be set",
                mend: isRootless
                    ? "have systemd delegate a group: systemd-run --user --scope -p Delegate=yes hull …"
                    : "mount /sys/fs/cgroup writable")
        }
        if !absent.isEmpty {
            return Finding(
                "control groups", .limited, "\(kind) (\(names)), without \(absent.joined(separator: ", "))",
                mend: "enable the controllers on the kernel's command line (cgroup_enable=memory)")
        }
        return Finding("control groups", .works, "\(kind) (\(names))")
    }

    private func userNamespaces() -> Finding {
        let error = Trial.run { linux_unshare(LINUX_CLONE_NEWUSER) == 0 ? 0 : errno }
        if error == 0 { return Finding("user namespaces", .works, "can be made") }
        let sysctls = [
            ("/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
            ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
                "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
            ),
        ]
        let mend = sysctls.first { SmallFile.line($0.0) == $0.1 }?.2
        return Finding(
            "user namespaces", host.isRootless ? .missing : .limited,
            "cannot be made: \(SystemError("unshare", "", number: error).reason)",
            mend: mend ?? "a container or seccomp filter around us may forbid them")
    }

    private func subordinateIDs() -> Finding {
        let subordinate = host.subordinateIDs()
        let name = host.isRootless ? "our user" : "'containers' (for --userns=auto)"
        if subordinate.isEmpty {
            return Finding(
                "subordinate ids", .limited, "/etc/subuid and /etc/subgid have none for \(name)",
                mend: host.isRootless
                    ? "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(environment["USER"] ?? "USER")"
                    : "add 'containers:2147483648:65536' to both files")
        }
        let count = subordinate.users.reduce(0) { $0 + Int($1.count) }
        return Finding("subordinate ids", .works, "\(count) for \(name)")
    }

    private func mappingPrograms() -> Finding {
        let names = ["newuidmap", "newgidmap"]
        let missing = names.filter { ProgramSearch.find($0, environment) == nil }
        if missing.isEmpty { return Finding("newuidmap", .works, "newuidmap and newgidmap are there") }
        return Finding(
            "newuidmap", host.isRootless ? .limited : .works,
            "\(missing.joined(separator: " and ")) not found"
                + (host.isRootless ? ": only one user can exist in a container" : ": only ordinary users need them"),
            mend: host.isRootless ? "apt install uidmap" : nil)
    }

    private func seccomp() -> Finding {
        guard let actions = SmallFile.line("/proc/sys/kernel/seccomp/actions_avail") else {
            return Finding(
                "seccomp", .missing, "the kernel has no filters of system calls",
                mend: "use a kernel with CONFIG_SECCOMP_FILTER")
        }
        return Finding("seccomp", .works, "filters with \(actions)")
    }

    private func securityModules() -> Finding {
        guard let modules = SmallFile.line("/sys/kernel/security/lsm") else {
            return Finding("security modules", .works, "none to be seen; Hull needs none")
        }
        return Finding("security modules", .works, modules)
    }

    private func resourceLimits() -> Finding {
        var (soft, hard): (UInt64, UInt64) = (0, 0)
        guard unsafe linux_getrlimit(0, CInt(RLIMIT_NOFILE.rawValue), &soft, &hard) == 0 else {
            return Finding("limits of setrlimit(2)", .limited, "cannot be read")
        }
        let files = hard == .max ? "no limit" : "\(hard)"
        if host.isRootless || !host.capabilities.contains("CAP_SYS_RESOURCE") {
            return Finding(
                "limits of setrlimit(2)", hard < 4096 ? .limited : .works,
                "open files up to \(files); --ulimit cannot raise hard limits (no CAP_SYS_RESOURCE)")
        }
        return Finding("limits of setrlimit(2)", .works, "open files up to \(files), and they can be raised")
    }

    private func programs() -> [Finding] {
        [
            ("hull-image", Finding.State.missing, "load, save, import and unpack images"),
            ("hull-registry", .missing, "pull images"), ("hull-vmm", .limited, "run micro-VMs"),
            ("hull-agent", .limited, "run micro-VMs"),
        ].map { name, state, purpose in
            if let path = HelperProgram(name: name, path: configuration.paths[name]).find(),
                unsafe access(path, X_OK) == 0
            {
                return Finding(name, .works, path)
            }
            return Finding(
                name, state, "is not found, so Hull cannot \(purpose)",
                mend: "install it beside hull, or name it in the configuration: paths.\(name)")
        }
    }
}
