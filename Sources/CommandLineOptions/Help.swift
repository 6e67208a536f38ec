extension CommandTable {
    /// The help of the whole program.
    public func help() -> String {
        var text = "Usage:  \(program) [OPTIONS] COMMAND\n\n\(summary)\n"
        let visible = commands.filter { !$0.hidden }
        text += Self.table("Commands", visible.filter { $0.path.count == 1 }.map { ($0.name, $0.summary) })
        let grouped = groups.sorted { $0.key < $1.key }.filter { group in
            visible.contains { Self.names($0, group: group.key) != nil }
        }
        text += Self.table("Groups of commands", grouped.map { ($0.key, $0.value) })
        text += Self.optionTable("Global options", globals + Self.informationOptions)
        return text + "\nRun '\(program) COMMAND --help' for more about a command.\n"
    }

    /// The help of a group: `hull image --help`.
    func help(forGroup group: String, summary: String) -> String {
        var text = "Usage:  \(program) \(group) COMMAND\n\n\(summary)\n"
        let rows = commands.filter { !$0.hidden }.compactMap { command in
            Self.names(command, group: group).map { ($0, command.summary) }
        }
        text += Self.table("Commands", rows)
        return text + "\nRun '\(program) \(group) COMMAND --help' for more about a command.\n"
    }

    /// The help of one command.
    public func help(for command: Command) -> String {
        var text = "Usage:  \(synopsis(of: command))\n\n\(command.summary)\n"
        if !command.aliases.isEmpty {
            let all = ([command.path] + command.aliases).map { ([program] + $0).joined(separator: " ") }
            text += "\nAliases:\n  \(all.joined(separator: ", "))\n"
        }
        return text + Self.optionTable("Options", command.options)
    }

    func synopsis(of command: Command) -> String {
        let options = command.options.isEmpty ? "" : "[OPTIONS]"
        return [program, command.name, options, command.operands].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The name that a command has in a group, without the group's own.
    static func names(_ command: Command, group: String) -> String? {
        ([command.path] + command.aliases)
            .first { $0.count > 1 && $0[0] == group }
            .map { $0.dropFirst().joined(separator: " ") }
    }

    private static func optionTable(_ title: String, _ options: [Option]) -> String {
        let sorted = options.sorted { key($0) < key($1) }
        return table(
            title,
            sorted.map { option in
                let short = option.shortName.map { "\($0), " } ?? "    "
                let long = option.longNames.joined(separator: ", ")
                let names = option.longNames.isEmpty ? String(short.dropLast(2)) : short + long
                return (option.value.map { "\(names) \($0)" } ?? names, option.help)
            })
    }

    private static func key(_ option: Option) -> String {
        String((option.longNames.first ?? option.name).drop { $0 == "-" })
    }

    private static func table(_ title: String, _ rows: [(name: String, help: String)]) -> String {
        if rows.isEmpty { return "" }
        let widest = min(rows.map(\.name.count).max() ?? 0, 34)
        var text = "\n\(title):\n"
        for row in rows {
            let gap = row.name.count > widest ? "\n" + spaces(widest + 5) : spaces(widest - row.name.count + 3)
            text += "  \(row.name)\(gap)\(row.help)\n"
        }
        return text
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
