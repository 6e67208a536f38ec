import Glibc
import LinuxSystem

extension Configuration {
    /// Where the settings of the system are.
    public static let systemPath = "/etc/hull/config.json"
    /// Largest file that is read, in bytes.
    static let maximumSize = 1 << 20

    /// Reads the system's file and over it the user's; a file that does not exist changes nothing.
    ///
    /// - Parameters:
    ///   - chosen: a file that is read instead of both (`--config`); it must exist. `HULL_CONFIG` does the same.
    ///   - surroundings: for the environment.
    ///   - systemPath: the system's file; tests give another.
    public static func load(
        chosen: String?, _ surroundings: Surroundings, systemPath: String = systemPath
    ) throws -> Configuration {
        var result = Configuration()
        if let chosen = chosen ?? nonEmpty(surroundings.environment["HULL_CONFIG"]) {
            guard try result.merge(file: chosen, origin: .chosenFile(chosen), surroundings) else {
                throw ConfigurationError(path: chosen, key: "", reason: "there is no such file")
            }
            return result
        }
        _ = try result.merge(file: systemPath, origin: .systemFile(systemPath), surroundings)
        if let path = userPath(surroundings.environment) {
            _ = try result.merge(file: path, origin: .userFile(path), surroundings)
        }
        return result
    }

    /// Where the user's settings are; nil where there is no home directory.
    static func userPath(_ environment: [String: String]) -> String? {
        if let directory = nonEmpty(environment["XDG_CONFIG_HOME"]), directory.hasPrefix("/") {
            return directory + "/hull/config.json"
        }
        return nonEmpty(environment["HOME"]).map { $0 + "/.config/hull/config.json" }
    }

    private static func nonEmpty(_ text: String?) -> String? {
        text?.isEmpty == false ? text : nil
    }

    /// - Returns: whether the file exists.
    private mutating func merge(
        file path: String, origin: Origin, _ surroundings: Surroundings
    ) throws -> Bool {
        let bytes: [UInt8]
        do {
            let file = try OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            try Self.check(file, path)
            bytes = try BoundedFile.read(file, path, limit: Self.maximumSize)
        } catch let error as SystemError {
            if error.number == ENOENT || error.number == ENOTDIR { return false }
            // A home that we may not enter is not ours (HOME kept by sudo or su), and neither are its settings.
            if error.number == EACCES, case .userFile = origin { return false }
            throw ConfigurationError(path: path, key: "", reason: "\(error.call): \(error.reason)")
        }
        try merge(bytes, path: path, origin: origin, surroundings)
        return true
    }

    /// Settings decide what runs with our rights, so nobody else may write them.
    private static func check(_ file: borrowing OwnedDescriptor, _ path: String) throws {
        guard let status = NodeStatus(file.number), status.isRegular else {
            throw ConfigurationError(path: path, key: "", reason: "it is no regular file")
        }
        guard status.owner == 0 || status.owner == geteuid() else {
            throw ConfigurationError(path: path, key: "", reason: "it belongs to another user: user \(status.owner)")
        }
        guard status.permissions & 0o022 == 0 else {
            throw ConfigurationError(path: path, key: "", reason: "others can write it: chmod go-w")
        }
    }

    /// Where images and containers are kept, and why there: `--root`, `HULL_ROOT`, the configuration, or the place that
    /// is usual for the user.
    public func store(option: String?, _ surroundings: Surroundings, uid: UInt32) throws -> (path: String, Origin) {
        let found: (String, Origin)
        let environment = surroundings.environment
        if let option {
            found = (option, .option("--root"))
        } else if let variable = Self.nonEmpty(environment["HULL_ROOT"]) {
            found = (variable, .variable("HULL_ROOT"))
        } else if let root {
            found = (root, origin("root"))
        } else if uid == 0 {
            found = ("/var/lib/hull", .standard)
        } else if let data = Self.nonEmpty(environment["XDG_DATA_HOME"]), data.hasPrefix("/") {
            found = (data + "/hull", .standard)
        } else if let home = Self.nonEmpty(environment["HOME"]) {
            found = (home + "/.local/share/hull", .standard)
        } else {
            throw UnusableOptions("no place for images and containers: set HOME, HULL_ROOT or --root")
        }
        if found.0.isEmpty || found.0.utf8.contains(0) { throw UnusableOptions("--root is empty") }
        let path = found.0.hasPrefix("/") ? found.0 : surroundings.workingDirectory + "/" + found.0
        return (path, found.1)
    }
}

extension Surroundings {
    /// Those of this process.
    public static func current() throws(SystemError) -> Surroundings {
        var variables: [String: String] = [:]
        // environ is an array of C strings that ends with NULL; nothing of ours changes it.
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let (name, value) = EnvironmentFile.split(unsafe String(cString: text))
            if let value, variables[name] == nil { variables[name] = value }
            unsafe entry += 1
        }
        guard let directory = unsafe getcwd(nil, 0) else { throw .last("getcwd", "") }
        // getcwd with NULL gives memory that is ours to free.
        defer { unsafe free(directory) }
        return Surroundings(
            environment: variables, workingDirectory: unsafe String(cString: directory))
    }
}
