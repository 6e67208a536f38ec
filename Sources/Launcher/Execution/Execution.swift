import ContainerRuntime
import OCISpec

/// What `exec` was asked for.
public struct Execution: Sendable {
    /// The words of the command.
    public var command: [String]
    /// Changes to the container's environment, as `ProcessOptions.environment`.
    public var environment: [String] = []
    /// The working directory; the container's own without it.
    public var workingDirectory: String?
    /// `user[:group]`; the container's own without it.
    public var user: String?
    /// Whether it has a terminal.
    public var terminal = false
    /// Whether it has all capabilities and no filter.
    public var privileged = false

    /// Makes one with the container's own settings.
    public init(_ command: [String]) {
        self.command = command
    }

    /// The process that the runtime starts: the container's own with these changes.
    ///
    /// - Parameters:
    ///   - own: the container's own process.
    ///   - files: where users are looked up.
    public func process(basedOn own: Spec.Process, _ files: some ContainerFiles) throws -> Spec.Process {
        var process = own
        process.args = command
        process.terminal = terminal ? true : nil
        process.consoleSize = nil
        if let workingDirectory { process.cwd = workingDirectory }
        var home: String?
        if let user {
            let resolved = try UserDatabase(files).resolve(user, groups: [])
            process.user = Spec.User(
                uid: resolved.uid, gid: resolved.gid,
                additionalGids: resolved.groups.isEmpty ? nil : resolved.groups)
            home = resolved.home ?? "/"
        }
        process.env = environment(own.env ?? [], home: home)
        process.capabilities = capabilities(own.capabilities, uid: process.user.uid)
        return process
    }

    private func environment(_ own: [String], home: String?) -> [String] {
        var result = own
        func remove(_ name: String) { result.removeAll { EnvironmentFile.split($0).name == name } }
        func set(_ name: String, _ value: String) {
            remove(name)
            result.append("\(name)=\(value)")
        }
        if let home { set("HOME", home) }
        if terminal, !result.contains(where: { $0.hasPrefix("TERM=") }) { set("TERM", "xterm") }
        for entry in environment {
            let (name, value) = EnvironmentFile.split(entry)
            if let value { set(name, value) } else { remove(name) }
        }
        return result
    }

    /// Root has what the container may have; others have none of it in force.
    private func capabilities(_ own: Spec.Capabilities?, uid: UInt32) -> Spec.Capabilities? {
        guard let own else { return nil }
        let set = own.bounding ?? []
        if uid != 0 {
            return Spec.Capabilities(bounding: set, effective: [], inheritable: [], permitted: [], ambient: [])
        }
        return Spec.Capabilities(bounding: set, effective: set, inheritable: [], permitted: set, ambient: [])
    }
}
