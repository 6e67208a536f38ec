/// What a command was called with.
public struct Arguments: Sendable {
    /// The command itself.
    public let command: Command
    /// What is no option.
    public let operands: [String]
    /// The command's options.
    public let options: OptionValues
    /// The options before the command's name: `--root`.
    public let globals: OptionValues
    /// The whole table, for commands that print help or completions.
    public let table: CommandTable

    /// Makes arguments; only the parser and tests do.
    init(
        command: Command, operands: [String], options: OptionValues, globals: OptionValues, table: CommandTable
    ) {
        self.command = command
        self.operands = operands
        self.options = options
        self.globals = globals
        self.table = table
    }

    /// Whether a switch is on: `--rm` and `--rm=true`, but not `--rm=false`.
    public func has(_ name: String) -> Bool {
        value(name) == "true"
    }

    /// The last value of an option, or nil where it was not given.
    public func value(_ name: String) -> String? {
        assert(command.options.contains { $0.name == name }, "\(command.name) has no option \(name)")
        return options[name]
    }

    /// All values of an option, in the order of the command line.
    public func values(_ name: String) -> [String] {
        assert(command.options.contains { $0.name == name }, "\(command.name) has no option \(name)")
        return options.all(name)
    }

    /// The names of all options that were given, in the order of the command line.
    public var given: [String] { options.occurrences.map(\.name) }

    /// The value of an option that stands before the command's name.
    public func global(_ name: String) -> String? {
        globals[name]
    }
}

/// A command line that cannot be understood.
public struct UsageError: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String

    /// Makes an error.
    public init(_ description: String) {
        self.description = description
    }
}

/// A failure whose exit status the command chose; without text when the user was told already.
public struct CommandFailure: Error, CustomStringConvertible, Equatable {
    /// The text for people; may be empty.
    public let description: String
    /// The exit status.
    public let status: Int32

    /// Makes a failure.
    public init(_ description: String, status: Int32) {
        self.description = description
        self.status = status
    }
}
