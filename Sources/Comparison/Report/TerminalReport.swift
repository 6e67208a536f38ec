/// A result for a terminal: tables with bars, in colours where it has them.
public struct TerminalReport {
    /// What is shown.
    private let collation: Collation
    /// Whether it is a terminal that shows colours; plain text without it.
    private let colours: Bool
    /// The terminal's width in characters.
    private let width: Int

    /// Makes a report.
    public init(_ collation: Collation, colours: Bool, width: Int = 80) {
        self.collation = collation
        self.colours = colours
        self.width = min(max(width, 40), 160)
    }

    /// The report's lines, what differs first.
    public var text: String {
        var lines: [String] = []
        for difference in collation.differences { lines.append(red("DIFFERENT  " + difference)) }
        for group in collation.workloads {
            if !lines.isEmpty { lines.append("") }
            lines += table(group)
        }
        if !collation.warnings.isEmpty { lines.append("") }
        for warning in collation.warnings { lines.append(dim("note: " + warning)) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func table(_ group: Collation.Group) -> [String] {
        guard let workload = group.workload else { return [] }
        var lines = [bold(Text.printable(group.name)) + "  " + dim(heading(group, workload))]
        if let shows = workload.shows { lines.append(dim(Text.printable(shows))) }
        let rows = group.rows.compactMap { row in row.side.metric(workload.measure).map { (row.label, $0) } }
        let longest = rows.map(\.1.distribution.median).max() ?? 0
        let names = max(rows.map(\.0.count).max() ?? 0, 4)
        let ratioWidth = max(rows.map(\.1.ratioText.count).max() ?? 0, 5)
        let room = max(8, width - names - ratioWidth - 26)
        lines.append(
            dim(
                Text.padded("", names) + Text.aligned("median", 11) + Text.aligned("MAD", 10) + "  "
                    + Text.padded("", room) + (rows.count > 1 ? "  ratio (95 % interval)" : "")))
        for (label, metric) in rows {
            let spread = metric.distribution
            let share = longest > 0 ? spread.median / longest : 0
            lines.append(
                Text.padded(label, names) + Text.aligned(Figures.quantity(spread.median, metric.metric), 11)
                    + Text.aligned(Figures.quantity(spread.medianAbsoluteDeviation, metric.metric), 10) + "  "
                    + Text.padded(bar(share, room), room) + (metric.ratioText.isEmpty ? "" : "  " + metric.ratioText))
        }
        return lines
    }

    private func heading(_ group: Collation.Group, _ workload: WorkloadResult) -> String {
        let operation = workload.operation.map { "time of one \(Text.printable($0))" }
        let what = workload.measure == .reported ? operation ?? workload.measure.title : workload.measure.title
        let counts = group.entries.map { entry in
            "\(entry.analysis.rounds) \(entry.analysis.rounds == 1 ? "round" : "rounds")"
        }
        let end = group.entries.count == 1 ? ", \(workload.stopped.text)" : ""
        return "\(what), \(counts.joined(separator: " and ")) in random order\(end)"
    }

    /// A bar of blocks of an eighth of a character, or of signs where the output is plain text.
    private func bar(_ share: Double, _ room: Int) -> String {
        if !colours { return String(repeating: "#", count: max(1, Int((share * Double(room)).rounded()))) }
        let eighths = max(1, Int((share * Double(room) * 8).rounded()))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    private func red(_ text: String) -> String { colours ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }
    private func bold(_ text: String) -> String { colours ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    private func dim(_ text: String) -> String { colours ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
