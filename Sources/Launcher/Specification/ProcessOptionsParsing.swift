import CommandLineOptions

extension ProcessOptions {
    init(_ arguments: Arguments, _ surroundings: Surroundings) throws {
        environment = try Self.environment(arguments, surroundings)
        workingDirectory = try arguments.parsed("--workdir", MountOption.absolute)
        user = try arguments.parsed("--user", Self.user)
        groups = try arguments.allParsed("--group-add") { text throws(Unacceptable) in
            if text.isEmpty { throw "it is empty" }
            return text
        }
        if let text = arguments.value("--entrypoint") { entrypoint = text.isEmpty ? [] : [text] }
        usesInit = arguments.has("--init")
    }

    /// Checks `USER` or `USER:GROUP`.
    public static func user(_ text: String) throws(Unacceptable) -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.first?.isEmpty == false, parts.last?.isEmpty == false else {
            throw "it should be USER or USER:GROUP"
        }
        return text
    }

    /// The variables of `--env-file`, then those of `--env`, which win; for `run`, `create` and `exec`.
    public static func environment(_ arguments: Arguments, _ surroundings: Surroundings) throws -> [String] {
        var result: [String] = []
        for path in arguments.values("--env-file") {
            for line in try EnvironmentFile.read(path, option: "--env-file") {
                let (name, value) = EnvironmentFile.split(line)
                // As in Docker, a name alone in a file passes on ours, and does nothing where we have none.
                if let value = value ?? surroundings.environment[name] { result.append("\(name)=\(value)") }
            }
        }
        for text in arguments.values("--env") {
            let (name, value) = EnvironmentFile.split(text)
            if name.isEmpty || text.utf8.contains(0) {
                throw InvalidOption(option: "--env", value: text, reason: "it should be NAME=VALUE or NAME")
            }
            // A name alone that we do not have removes the image's variable.
            result.append((value ?? surroundings.environment[name]).map { "\(name)=\($0)" } ?? name)
        }
        return result
    }
}
