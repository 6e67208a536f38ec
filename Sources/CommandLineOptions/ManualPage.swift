extension CommandTable {
    /// The manual page in the man macros of roff (man(7)).
    ///
    /// - Parameter version: for the page's foot.
    public func manualPage(version: String) -> String {
        var text = """
            .TH \(program.uppercased()) 1 "" "\(program) \(version)" "User Commands"
            .SH NAME
            \(program) \\- \(Self.roff(summary))
            .SH SYNOPSIS
            .B \(program)
            [OPTIONS] COMMAND [ARG...]
            .SH GLOBAL OPTIONS

            """
        text += Self.roffOptions(globals + Self.informationOptions)
        text += ".SH COMMANDS\n"
        for command in commands where !command.hidden {
            text += ".SS \(Self.roff(synopsis(of: command)))\n"
            text += Self.line(command.summary) + ".\n"
            if !command.aliases.isEmpty {
                let names = command.aliases.map { ([program] + $0).joined(separator: " ") }
                text += ".PP\nAlso: \(Self.roff(names.joined(separator: ", "))).\n"
            }
            text += Self.roffOptions(command.options)
        }
        return text + """
            .SH EXIT STATUS
            The exit status of
            .B \(program) run
            and
            .B \(program) exec
            is the workload's; 128 and the signal's number where a signal ended it; 125 for errors of \(program) itself,
            126 for a command that cannot be executed and 127 for one that does not exist.
            Other commands exit with 1 for an error, and with 125 for an option that does not exist.

            """
    }

    private static func roffOptions(_ options: [Option]) -> String {
        options.sorted { $0.name < $1.name }.map { option in
            let names = option.names.map { "\\fB\(roff($0))\\fR" }.joined(separator: ", ")
            return ".TP\n\(names)\(option.value.map { " \\fI\(roff($0))\\fR" } ?? "")\n\(line(option.help)).\n"
        }.joined()
    }

    /// A line of text that begins with no control character and with a capital.
    private static func line(_ text: String) -> String {
        let escaped = roff(text)
        guard let first = escaped.first else { return "" }
        if first == "." || first == "'" { return "\\&" + escaped }
        return first.uppercased() + escaped.dropFirst()
    }

    /// Text with roff's own characters escaped.
    static func roff(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            default: result.append(character)
            }
        }
        return result
    }
}
