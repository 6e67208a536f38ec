/// What cannot be had in a micro-VM.
extension RunOptions {
    /// Refuses options that have no meaning in a guest, or none yet: none is ever ignored.
    func checkForMachine() throws(UnusableOptions) {
        let sharing: [(String, NamespaceOptions.Sharing)] = [
            ("--pid", namespaces.pid), ("--ipc", namespaces.ipc), ("--uts", namespaces.uts),
            ("--cgroupns", namespaces.cgroup),
        ]
        for (option, value) in sharing where value != .own {
            throw Self.meaningless(option, "a micro-VM has a kernel of its own, and shares no namespace with the host")
        }
        if namespaces.users != .standard, namespaces.users != .host {
            throw Self.meaningless("--userns", "users of a micro-VM are its own kernel's, and none of the host's")
        }
        if network.mode == .host {
            throw Self.meaningless("--network=host", "a micro-VM has a network stack of its own")
        }
        if mounts.contains(where: { $0.kind != .tmpfs }) {
            throw UnusableOptions(
                "-v and bind mounts do not work with --isolation=vm yet: copy files into the container with 'hull cp', "
                    + "or say --isolation=container")
        }
        if !devices.isEmpty || !deviceRules.isEmpty {
            throw Self.meaningless("--device", "a micro-VM has none of the host's devices")
        }
        if !limits.rates.isEmpty || limits.blockWeight != nil {
            throw Self.meaningless("a limit of disk access", "a micro-VM's disk is a file of the host")
        }
        if security.apparmorProfile != nil {
            throw Self.meaningless("--security-opt apparmor", "the guest's kernel has none")
        }
    }

    private static func meaningless(_ option: String, _ reason: String) -> UnusableOptions {
        UnusableOptions("\(option) has no meaning with --isolation=vm: \(reason)")
    }
}
