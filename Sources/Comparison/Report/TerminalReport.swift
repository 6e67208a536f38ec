/// A result for a terminal: tables with bars, in colours where it has them.
public struct TerminalReport {
    /// What is shown.
    private let analysis: Analysis
    /// Whether it is a terminal that shows colours; plain text without it.
    private let colours: Bool
    /// The terminal's width in characters.
    private let width: Int

    /// Makes a report.
    public init(_ analysis: Analysis, colours: Bool, width: Int = 80) {
        self.analysis = analysis
        self.colours = colours
        self.width = min(max(width, 40), 160)
    }

    /// The report's lines, what differs first.
    public var text: String {
        var lines: [String] = []
        for difference in analysis.differences { lines.append(red("DIFFERENT  " + difference.text)) }
        for workload in analysis.workloads {
            if !lines.isEmpty { lines.append("") }
            lines += table(workload)
        }
        if !analysis.warnings.isEmpty { lines.append("") }
        for warning in analysis.warnings { lines.append(dim("note: " + warning)) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func table(_ analysis: WorkloadAnalysis) -> [String] {
        let workload = analysis.workload
        let rounds = "\(analysis.rounds) \(analysis.rounds == 1 ? "round" : "rounds")"
        let operation = workload.operation.map { " of one \(Text.printable($0))" } ?? ""
        let what = workload.measure == .reported && !operation.isEmpty ? "time" + operation : workload.measure.title
        var lines = [
            bold(Text.printable(workload.name)) + "  "
                + dim("\(what), \(rounds) in random order, \(workload.stopped.text)")
        ]
        if let shows = workload.shows { lines.append(dim(Text.printable(shows))) }
        let rows = analysis.sides.compactMap { side in side.metric(workload.measure).map { (side, $0) } }
        let longest = rows.map(\.1.distribution.median).max() ?? 0
        let names = max(rows.map(\.0.side.name.count).max() ?? 0, 4)
        let ratios = rows.map { $0.1.ratioText }
        let ratioWidth = max(ratios.map(\.count).max() ?? 0, 5)
        let room = max(8, width - names - ratioWidth - 26)
        lines.append(
            dim(
                Text.padded("", names) + Text.aligned("median", 11) + Text.aligned("MAD", 10) + "  "
                    + Text.padded("", room) + (rows.count > 1 ? "  ratio (95 % interval)" : "")))
        for (row, ratio) in zip(rows, ratios) {
            let spread = row.1.distribution
            lines.append(
                Text.padded(row.0.side.name, names)
                    + Text.aligned(Figures.quantity(spread.median, row.1.metric), 11)
                    + Text.aligned(
                        Figures.quantity(spread.medianAbsoluteDeviation, row.1.metric), 10) + "  "
                    + Text.padded(bar(longest > 0 ? spread.median / longest : 0, room), room)
                    + (ratio.isEmpty ? "" : "  " + ratio))
        }
        return lines
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
