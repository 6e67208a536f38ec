import CommandLineOptions
import LinuxSystem

/// An option whose value cannot be used.
public struct InvalidOption: Error, CustomStringConvertible, Equatable {
    /// The option, as `--memory`.
    public let option: String
    /// The value that was given.
    public let value: String
    /// What is wrong with it.
    public let reason: String

    /// The text for people.
    public var description: String { "invalid value '\(Self.shown(value))' for \(option): \(reason)" }

    /// A value as one line that does no harm to a terminal.
    static func shown(_ value: String) -> String { printable(value) }
}

/// Options that cannot be obeyed as they are given together, or not yet.
public struct UnusableOptions: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String

    /// Makes an error.
    public init(_ description: String) {
        self.description = description
    }
}

/// Why a text is not what it should be; the option is added by who knows it.
public struct Unacceptable: Error, Equatable, ExpressibleByStringInterpolation {
    /// What is wrong.
    public let reason: String

    /// Makes a reason.
    public init(stringLiteral value: String) {
        reason = value
    }
}

extension Arguments {
    /// The last value of an option, parsed.
    public func parsed<Value>(
        _ name: String, _ parse: (String) throws(Unacceptable) -> Value
    ) throws(InvalidOption) -> Value? {
        guard let text = value(name) else { return nil }
        return try Self.parse(text, of: name, parse)
    }

    /// All values of an option, parsed.
    func allParsed<Value>(
        _ name: String, _ parse: (String) throws(Unacceptable) -> Value
    ) throws(InvalidOption) -> [Value] {
        var result: [Value] = []
        for text in values(name) { result.append(try Self.parse(text, of: name, parse)) }
        return result
    }

    /// A text, parsed as the value of an option or operand.
    public static func parse<Value>(
        _ text: String, of name: String, _ parse: (String) throws(Unacceptable) -> Value
    ) throws(InvalidOption) -> Value {
        do throws(Unacceptable) {
            // No path, name or number of Linux holds a NUL, and C would silently end the text there.
            if text.utf8.contains(0) { throw Unacceptable("it contains a NUL character") }
            return try parse(text)
        } catch {
            throw InvalidOption(option: name, value: text, reason: error.reason)
        }
    }
}
