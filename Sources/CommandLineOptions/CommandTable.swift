import Glibc

/// All commands of a program: one table that parses, documents and completes.
public struct CommandTable: Sendable {
    /// The program's name.
    public let program: String
    /// One sentence about the program.
    public let summary: String
    /// Options before the command's name.
    public let globals: [Option]
    /// All commands, in the order in which the help lists them.
    public let commands: [Command]
    /// What groups of commands (`image`, `container`) are for.
    public let groups: [String: String]

    /// Makes a table.
    public init(
        program: String, summary: String, globals: [Option], groups: [String: String], commands: [Command]
    ) {
        self.program = program
        self.summary = summary
        self.globals = globals
        self.groups = groups
        self.commands = commands
    }

    /// Runs what the words (without the program's name) ask for.
    ///
    /// - Returns: the exit status. Failures were printed, one line on standard error. As in Docker, an unknown option
    ///   is 125, a missing operand or command 1, and what a command throws is its own `failureStatus`.
    public func dispatch(_ words: [String]) -> Int32 {
        var command: Command?
        do {
            switch try understand(words) {
            case .text(let text): print(text, terminator: "")
            case .call(let arguments):
                command = arguments.command
                return try arguments.command.run(arguments)
            }
            return 0
        } catch let failure as UnderstandingError {
            printError(failure.description)
            return failure.status
        } catch let failure as CommandFailure {
            if !failure.description.isEmpty { printError(failure.description) }
            return failure.status
        } catch {
            printError("\(error)")
            return command?.failureStatus ?? 1
        }
    }

    /// What a command line asks for.
    enum Meaning {
        case text(String)
        case call(Arguments)
    }

    struct UnderstandingError: Error, CustomStringConvertible, Equatable {
        let description: String
        let status: Int32
    }

    func understand(_ words: [String]) throws(UnderstandingError) -> Meaning {
        let (globals, rest) = try parseGlobals(words)
        if globals["--help"] == "true" { return .text(help()) }
        if globals["--version"] == "true" { return try understand(["version", "--short"]) }
        guard let first = rest.first else { return .text(help()) }
        guard let (command, length) = command(for: rest) else {
            if let group = groups[first] {
                let unknown = rest.dropFirst().first { !$0.hasPrefix("-") }
                guard let unknown else { return .text(help(forGroup: first, summary: group)) }
                throw failure("'\(first) \(unknown)' is no command", see: first, status: 1)
            }
            throw failure("'\(first)' is no command", see: nil, status: 1)
        }
        return try parse(command, rest.dropFirst(length), globals)
    }

    private func parse(
        _ command: Command, _ words: ArraySlice<String>, _ globals: OptionValues
    ) throws(UnderstandingError) -> Meaning {
        var parser = OptionParser(
            words, options: command.options, stopsAtFirstOperand: command.stopsAtFirstOperand)
        do {
            try parser.parse()
        } catch {
            throw failure(error.description, see: command.name, status: 125)
        }
        if parser.asksForHelp { return .text(help(for: command)) }
        let (least, most) = command.operandCount
        let isSubstituted = command.operandsSubstitute.map { parser.values[$0] != nil } ?? false
        if parser.operands.count < least && !isSubstituted || parser.operands.count > most ?? .max {
            let wanted = command.operands.isEmpty ? "no operands" : command.operands
            throw failure(
                "'\(command.name)' takes \(wanted)", see: command.name, status: command.failureStatus)
        }
        return .call(
            Arguments(
                command: command, operands: parser.operands, options: parser.values, globals: globals, table: self))
    }

    private func parseGlobals(
        _ words: [String]
    ) throws(UnderstandingError) -> (OptionValues, ArraySlice<String>) {
        var parser = OptionParser(
            words[...], options: globals + Self.informationOptions, stopsAtFirstOperand: true)
        do {
            try parser.parse()
        } catch {
            throw failure(error.description, see: nil, status: 125)
        }
        return (parser.values, parser.operands[...])
    }

    static let informationOptions = [
        Option("-h", "--help", help: "print help"),
        Option("-v", "--version", help: "print the version"),
    ]

    /// The command with the longest name that the words start with, and the number of words in it.
    func command(for words: ArraySlice<String>) -> (Command, Int)? {
        var best: (Command, Int)?
        for command in commands {
            for name in [command.path] + command.aliases where words.starts(with: name) {
                if name.count > best?.1 ?? 0 { best = (command, name.count) }
            }
        }
        return best
    }

    private func failure(_ text: String, see name: String?, status: Int32) -> UnderstandingError {
        let place = name.map { "\(program) \($0)" } ?? program
        return UnderstandingError(description: "\(text); see '\(place) --help'", status: status)
    }

    private func printError(_ text: String) {
        // What was printed so far comes first, even where both go to the same file.
        fflush(nil)
        writeToStandardError("\(program): \(text)\n")
    }
}

/// Writes text to standard error at once, unbuffered.
public func writeToStandardError(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        // The buffer is valid for the call, and its length is the count given.
        let written = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        if written < 0, errno != EINTR { return }
        bytes = bytes.dropFirst(max(written, 0))
    }
}
