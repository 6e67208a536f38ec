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
        let rows = group.rows.compactMap { row in row.side.metric(workload.measure).map { (row, $0) } }
        let longest = rows.map(\.1.distribution.median).max() ?? 0
        let names = max(rows.map(\.0.label.count).max() ?? 0, 4)
        let ratioHeading = rows.count > 1 ? "ratio (95 % interval)" : ""
        let ratioWidth = rows.map(\.1.ratioText.count).reduce(ratioHeading.count, max)
        let changeHeading = collation.changeBase.map { "ratio to \(Text.printable($0))" } ?? ""
        let changes = rows.map { $0.0.changeText(workload.measure) }
        let changeWidth = collation.changeBase == nil ? 0 : changes.map(\.count).reduce(changeHeading.count, max)
        let room = max(8, width - names - ratioWidth - changeWidth - 27)
        func line(_ cells: [String]) -> String {
            var text = Text.padded(cells[0], names) + Text.aligned(cells[1], 11) + Text.aligned(cells[2], 10)
            for (cell, width) in zip(cells.dropFirst(3), [room, ratioWidth, changeWidth]) {
                text += "  " + Text.padded(cell, width)
            }
            while text.hasSuffix(" ") { text.removeLast() }
            return text
        }
        lines.append(dim(line(["", "median", "MAD", "", ratioHeading, changeHeading])))
        for ((row, metric), change) in zip(rows, changes) {
            let spread = metric.distribution
            let share = longest > 0 ? spread.median / longest : 0
            lines.append(
                line([
                    row.label, Figures.quantity(spread.median, metric.metric),
                    Figures.quantity(spread.medianAbsoluteDeviation, metric.metric), bar(share, room),
                    metric.ratioText, change,
                ]))
        }
        return lines + (collation.workloads.count == 1 ? further(group, names) : [])
    }

    /// What else was measured, the medians only; the other reports have all of it.
    private func further(_ group: Collation.Group, _ names: Int) -> [String] {
        let wanted: [(Metric, String)] = [
            (.cpu, "processor"), (.workloadCpu, "workload's"), (.proportionalMemory, "memory"), (.pageFaults, "faults"),
            (.exits, "exits"),
        ]
        let metrics = wanted.filter { group.metrics.contains($0.0) }
        if metrics.isEmpty { return [] }
        let heading = Text.padded("", names) + metrics.map { Text.aligned($0.1, 12) }.joined()
        return ["", dim(heading)]
            + group.rows.map { row in
                let cells = metrics.map { metric, _ in
                    row.side.metric(metric).map { Figures.quantity($0.distribution.median, metric) } ?? "–"
                }
                return Text.padded(row.label, names) + cells.map { Text.aligned($0, 12) }.joined()
            }
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
