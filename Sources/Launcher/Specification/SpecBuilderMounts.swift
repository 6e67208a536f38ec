import OCISpec

extension SpecBuilder {
    /// The standard mounts, the files in /etc, and what was asked for; parents before what lies in them.
    func mounts(files: [String], mappings: IdentityMappings?) throws -> [Spec.Mount] {
        let asked = try options.mounts.map(mount)
        let taken = asked.map(\.destination)
        // What is mounted over by request is not mounted first: `-v /dev:/dev`, `--tmpfs /dev/shm`.
        func isTaken(_ destination: String) -> Bool {
            taken.contains(destination) || (destination.hasPrefix("/dev/") && taken.contains("/dev"))
        }
        var result = try standardMounts(mappings).filter { !isTaken($0.destination) }
        for name in files where !isTaken("/etc/\(name)") {
            result.append(
                Spec.Mount(
                    destination: "/etc/\(name)", type: "bind", source: "\(container.directory)/\(name)",
                    options: ["bind", "rprivate"]))
        }
        for device in mappings == nil ? [] : try requestedDevices() where !isTaken(device.node.path) {
            result.append(
                Spec.Mount(
                    destination: device.node.path, type: "bind", source: device.source,
                    options: ["bind", "rprivate", "noexec", "nosuid"]))
        }
        // Stable, so that of two at one place the later one is on top.
        return result + asked.enumerated().sorted { depth($0).lexicographicallyPrecedes(depth($1)) }.map(\.element)
    }

    private func depth(_ item: (offset: Int, element: Spec.Mount)) -> [Int] {
        [item.element.destination.utf8.count { $0 == UInt8(ascii: "/") }, item.offset]
    }

    private func mount(_ option: MountOption) throws -> Spec.Mount {
        let propagation = option.options.last(where: MountOption.propagations.contains)
        let flags = option.options.filter { !MountOption.propagations.contains($0) }
        switch option.kind {
        case .bind(let source):
            guard NodeStatus(following: source) != nil else {
                throw UnusableOptions(
                    "cannot bind '\(InvalidOption.shown(source))': there is no such path; make it first")
            }
            var words = [option.recursive ? "rbind" : "bind", propagation ?? "rprivate"] + flags
            if option.readOnly { words.append(option.recursive && option.readOnlyBelow ? "rro" : "ro") }
            return Spec.Mount(destination: option.destination, type: "bind", source: source, options: words)
        case .tmpfs:
            var words = ["nosuid", "nodev", "noexec"].filter { word in
                !flags.contains(String(word.dropFirst(2)))
            }
            words += flags.filter { !words.contains($0) }
            words.append(option.readOnly ? "ro" : "rw")
            if let propagation { words.append(propagation) }
            return Spec.Mount(destination: option.destination, type: "tmpfs", source: "tmpfs", options: words)
        }
    }

    private func standardMounts(_ mappings: IdentityMappings?) throws -> [Spec.Mount] {
        let closed = ["nosuid", "noexec", "nodev"]
        var mounts: [Spec.Mount] = []
        if mappings != nil, options.namespaces.pid != .own {
            // Without a PID namespace of its own, a user namespace may not mount a new /proc.
            mounts.append(Self.bind("/proc", ["rbind", "rprivate"]))
        } else {
            mounts.append(Spec.Mount(destination: "/proc", type: "proc", source: "proc", options: closed))
        }
        mounts.append(
            Spec.Mount(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]))
        var terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        // The group `tty` of all common systems, where it exists.
        if mappings.map({ IdentityMappings.host(5, $0.groups) != nil }) ?? true { terminals.append("gid=5") }
        mounts.append(Spec.Mount(destination: "/dev/pts", type: "devpts", source: "devpts", options: terminals))
        let access = options.security.privileged ? "rw" : "ro"
        if mappings != nil, options.network.mode == .host {
            // sysfs belongs to the network namespace, which is not ours to mount it in.
            mounts.append(Self.bind("/sys", ["rbind", "rprivate", "rro"] + closed))
        } else {
            mounts.append(
                Spec.Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: closed + [access]))
            if mappings == nil || host.unifiedControlGroups {
                mounts.append(
                    Spec.Mount(
                        destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: closed + [access]))
            }
        }
        return mounts + (try sharedMemoryMounts(closed))
    }

    private func sharedMemoryMounts(_ closed: [String]) throws -> [Spec.Mount] {
        switch options.namespaces.ipc {
        case .own:
            [
                Spec.Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: closed),
                Spec.Mount(
                    destination: "/dev/shm", type: "tmpfs", source: "shm",
                    options: closed + ["mode=1777", "size=\(options.sharedMemory)"]),
            ]
        case .host:
            (host.showsMessageQueues ? [Self.bind("/dev/mqueue", ["bind"] + closed)] : [])
                + [Self.bind("/dev/shm", ["bind"] + closed)]
        case .container(let name):
            [
                Spec.Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: closed),
                Spec.Mount(
                    destination: "/dev/shm", type: "bind", source: "/proc/\(try findProcess(name))/root/dev/shm",
                    options: ["bind"] + closed),
            ]
        }
    }

    private static func bind(_ path: String, _ options: [String]) -> Spec.Mount {
        Spec.Mount(destination: path, type: "bind", source: path, options: options)
    }
}
