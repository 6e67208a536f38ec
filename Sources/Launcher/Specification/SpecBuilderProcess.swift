import OCISpec

extension SpecBuilder {
    /// Where programs are looked for when the image does not say.
    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The workload.
    func process(_ mappings: IdentityMappings?) throws -> Spec.Process {
        let user = try user(mappings)
        var process = Spec.Process(
            args: try arguments(), env: try environment(home: user.home), cwd: try workingDirectory(),
            user: Spec.User(uid: user.uid, gid: user.gid, additionalGids: user.groups.isEmpty ? nil : user.groups))
        process.terminal = options.terminal ? true : nil
        process.capabilities = try capabilities(uid: user.uid, hasUsers: mappings != nil)
        process.noNewPrivileges = options.security.noNewPrivileges
        process.oomScoreAdj = options.limits.oomScore
        process.rlimits = options.limits.resourceLimits.isEmpty ? nil : options.limits.resourceLimits
        process.apparmorProfile = options.security.apparmorProfile
        return process
    }

    /// Entry point and command, with Docker's rules: an entry point from the command line drops the image's command.
    func arguments() throws -> [String] {
        let entrypoint = options.process.entrypoint ?? execution?.entrypoint ?? []
        var command = options.command
        if command.isEmpty, options.process.entrypoint == nil { command = execution?.cmd ?? [] }
        let words = entrypoint + command
        if words.isEmpty {
            throw UnusableOptions("no command: the image has none, so give one after its name")
        }
        if words.contains(where: { $0.utf8.contains(0) }) {
            throw UnusableOptions("the image's command contains a NUL character")
        }
        return words
    }

    func environment(home: String?) throws -> [String] {
        var names: [String] = []
        var values: [String: String] = [:]
        func set(_ name: String, _ value: String) {
            if values.updateValue(value, forKey: name) == nil { names.append(name) }
        }
        set("PATH", Self.defaultPath)
        set("HOSTNAME", hostname)
        if options.terminal { set("TERM", "xterm") }
        for entry in execution?.env ?? [] {
            let (name, value) = EnvironmentFile.split(entry)
            if entry.utf8.contains(0) { throw UnusableOptions("the image's environment contains a NUL character") }
            if let value, !name.isEmpty { set(name, value) }
        }
        for entry in options.process.environment {
            let (name, value) = EnvironmentFile.split(entry)
            if let value {
                set(name, value)
            } else if values.removeValue(forKey: name) != nil {
                names.removeAll { $0 == name }
            }
        }
        if values["HOME"] == nil { set("HOME", home ?? "/") }
        return names.map { "\($0)=\(values[$0] ?? "")" }
    }

    private func workingDirectory() throws -> String {
        if let given = options.process.workingDirectory { return given }
        guard let directory = execution?.workingDir, !directory.isEmpty else { return "/" }
        do {
            if directory.utf8.contains(0) { throw Unacceptable("it contains a NUL character") }
            return try MountOption.absolute(directory)
        } catch let error as Unacceptable {
            throw UnusableOptions(
                "the image's working directory '\(InvalidOption.shown(directory))' cannot be used: \(error.reason)")
        }
    }

    private func user(_ mappings: IdentityMappings?) throws -> ResolvedUser {
        let text: String?
        if let given = options.process.user {
            text = given
        } else if options.namespaces.users == .keepID, execution?.user?.isEmpty != false {
            text = "\(host.uid):\(host.gid)"
        } else {
            text = execution?.user
        }
        let database = try UserDatabase(LayeredFiles(layers: container.layers))
        var user = try database.resolve(text, groups: options.process.groups)
        guard let mappings else { return user }
        if IdentityMappings.host(user.uid, mappings.users) == nil
            || IdentityMappings.host(user.gid, mappings.groups) == nil
        {
            throw UnusableOptions(
                "user \(user.uid):\(user.gid) is outside of the container's ids: extend /etc/subuid and /etc/subgid")
        }
        // Groups that nobody asked for by name and that do not exist here are left out.
        user.groups =
            mappings.isSingle ? [] : user.groups.filter { IdentityMappings.host($0, mappings.groups) != nil }
        return user
    }

    private func capabilities(uid: UInt32, hasUsers: Bool) throws -> Spec.Capabilities {
        // In a user namespace of its own the container can have all.
        let available = hasUsers ? CapabilityNames.all : host.capabilities
        for name in options.security.addedCapabilities where name != "ALL" && !available.contains(name) {
            throw InvalidOption(option: "--cap-add", value: name, reason: "we do not have this capability ourselves")
        }
        let set = options.security.capabilities(all: available).filter(available.contains)
        // execve takes all that is in force away from an ordinary user, so it is not given first.
        if uid != 0 {
            return Spec.Capabilities(bounding: set, effective: [], inheritable: [], permitted: [], ambient: [])
        }
        return Spec.Capabilities(bounding: set, effective: set, inheritable: [], permitted: set, ambient: [])
    }
}
