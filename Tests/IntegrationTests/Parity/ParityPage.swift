/// docs/parity.md, from the cases and the differences.
enum ParityPage {
    static var text: String {
        var lines = [
            "# The same in containers and in micro-VMs", "",
            "Generated from `Tests/IntegrationTests/Parity` (`HULL_WRITE_PARITY=1 swift test --filter ParityTests.thePage`).",
            "Each case below is a script that runs in both isolations and prints what Docker documents.", "",
            "## What differs, and why", "", "| what | container | micro-VM | reason |", "| --- | --- | --- | --- |",
        ]
        lines += ParityDifference.all.map { difference in
            row([difference.name, difference.container, difference.machine, difference.reason])
        }
        let count = ParityCase.groups.map(\.cases.count).reduce(0, +)
        lines += ["", "## What is the same: \(count) cases", ""]
        for group in ParityCase.groups {
            lines += ["### \(group.title)", "", "| case | script | prints |", "| --- | --- | --- |"]
            lines += group.cases.map { parity in row([parity.name, code(parity.script), code(parity.expected)]) }
            lines.append("")
        }
        return lines.dropLast().joined(separator: "\n") + "\n"
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |"
    }

    /// Code in a cell of a table, where neither lines nor bars may be as they are.
    private static func code(_ text: String) -> String {
        if text.isEmpty { return "nothing" }
        let escapes: [Character: String] = [
            "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\n": "<br>", "*": "&#42;", "_": "&#95;",
            "`": "&#96;", "\\": "&#92;", "[": "&#91;", "$": "&#36;", "~": "&#126;",
        ]
        return "<code>" + text.map { escapes[$0] ?? String($0) }.joined() + "</code>"
    }
}
