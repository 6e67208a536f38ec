/// One option of a command, as it is parsed, documented and completed.
public struct Option: Sendable {
    /// All spellings, with their dashes: `-e`, `--env`. The last one is the name by which the option is asked for.
    public let names: [String]
    /// What the value is called in the help (`NAME=VALUE`); nil for a switch.
    public let value: String?
    /// One sentence for the help.
    public let help: String
    /// Whether each occurrence counts; otherwise the last one does.
    public let repeats: Bool

    /// Makes an option.
    ///
    /// - Parameters:
    ///   - names: the spellings, the short one first.
    ///   - value: the name of the value; a switch without it.
    ///   - repeats: whether it may be given more than once with effect.
    ///   - help: one sentence, without a full stop.
    public init(_ names: String..., value: String? = nil, repeats: Bool = false, help: String) {
        self.names = names
        self.value = value
        self.repeats = repeats
        self.help = help
    }

    /// The name by which the option is asked for.
    public var name: String { names.last ?? "" }

    var shortName: String? { names.first { !$0.hasPrefix("--") } }
    var longNames: [String] { names.filter { $0.hasPrefix("--") } }
}

/// Options that were given, in the order of the command line.
public struct OptionValues: Sendable {
    /// One option with its value; a switch's is `true` or `false`.
    struct Occurrence: Sendable {
        let name: String
        let value: String
    }

    var occurrences: [Occurrence] = []

    /// Makes an empty list.
    public init() {}

    /// The last value of an option, or nil where it was not given.
    public subscript(name: String) -> String? {
        occurrences.last { $0.name == name }?.value
    }

    /// All values of an option.
    public func all(_ name: String) -> [String] {
        occurrences.filter { $0.name == name }.map(\.value)
    }
}
