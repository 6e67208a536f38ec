/// A result as Markdown with GitHub's tables.
public struct MarkdownReport {
    private let collation: Collation

    /// Makes a report.
    public init(_ collation: Collation) {
        self.collation = collation
    }

    /// The document.
    public var text: String {
        var lines = ["# " + Self.plain(collation.results.first?.analysis.result.title ?? ""), ""]
        if !collation.differences.isEmpty {
            lines += ["**The sides did not do the same:**", ""]
            lines += collation.differences.map { "- \(Self.plain($0))" } + [""]
        }
        lines += overview()
        for group in collation.workloads { lines += self.lines(group) }
        if !collation.warnings.isEmpty {
            lines += ["Before you believe a number:", ""]
            lines += collation.warnings.map { "- \(Self.plain($0))" } + [""]
        }
        for (label, analysis) in collation.results { lines += environment(label, analysis.result) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// What the workloads are measured by, in one table; nothing where there is only one.
    private func overview() -> [String] {
        guard collation.workloads.count > 1 else { return [] }
        var labels: [String] = []
        for row in collation.workloads.flatMap(\.rows) where !labels.contains(row.label) { labels.append(row.label) }
        var lines = collation.results.map { result in
            Self.plain((collation.results.count > 1 ? result.label + ": " : "") + Summary.overview(result.analysis))
        }
        lines += ["", "| workload | " + labels.map(Self.plain).joined(separator: " | ") + " |"]
        lines.append("| --- |" + labels.map { _ in " ---: |" }.joined())
        for group in collation.workloads {
            let cells = labels.map { label -> String in
                guard let measure = group.workload?.measure,
                    let metric = group.rows.first(where: { $0.label == label })?.side.metric(measure)
                else { return "–" }
                let median = Figures.quantity(metric.distribution.median, measure)
                return metric.ratioText.isEmpty ? median : "\(median), × \(metric.ratioText)"
            }
            lines.append("| \(Self.plain(group.name)) | " + cells.joined(separator: " | ") + " |")
        }
        return lines + [""]
    }

    private func lines(_ group: Collation.Group) -> [String] {
        var lines = ["## " + Self.plain(group.name), ""]
        if let shows = group.workload?.shows { lines += [Self.plain(shows), ""] }
        lines += group.entries.map { Self.plain(Summary.sentence($0.analysis)) } + [""]
        for metric in group.metrics {
            let rows = group.rows.compactMap { row in row.side.metric(metric).map { (row, $0) } }
            let change = collation.changeBase.map { " ratio to \(Self.plain($0)) |" }
            lines += ["| \(metric.title) | median | MAD | least | most | ratio (95 % interval) |" + (change ?? "")]
            lines += ["| --- | ---: | ---: | ---: | ---: | --- |" + (change == nil ? "" : " --- |")]
            lines += rows.map { row, measured in
                let numbers = measured.distribution
                let cells = [
                    numbers.median, numbers.medianAbsoluteDeviation, numbers.sorted.first ?? 0,
                    numbers.sorted.last ?? 0,
                ].map { Figures.quantity($0, metric) }
                let changes = change == nil ? [] : [row.changeText(metric)]
                return "| "
                    + ([Self.plain(row.label)] + cells + [measured.ratioText] + changes).joined(separator: " | ") + " |"
            }
            lines.append("")
        }
        return lines + phases(group) + counters(group)
    }

    /// What the time was spent with.
    private func phases(_ group: Collation.Group) -> [String] {
        let rows = group.rows.filter { $0.side.phases.count > 1 }
        let moments = Moment.allCases.filter { moment in
            rows.contains { $0.side.phases.contains { $0.end == moment } }
        }
        return table(
            "phase", rows,
            moments.map { moment in
                (
                    moment.phase,
                    rows.map { row in
                        row.side.phases.first { $0.end == moment }.map { Figures.quantity($0.median, .wall) }
                    }
                )
            })
    }

    /// What machines counted.
    private func counters(_ group: Collation.Group) -> [String] {
        let rows = group.rows.filter { !$0.side.counters.isEmpty }
        return table(
            "counter", rows,
            group.counters.map { name in
                (name, rows.map { $0.side.counters[name].map { Figures.quantity($0, .exits) } })
            })
    }

    /// A table with a column a side; nothing without sides.
    private func table(_ name: String, _ rows: [Collation.Row], _ lines: [(name: String, cells: [String?])]) -> [String]
    {
        if rows.isEmpty || lines.isEmpty { return [] }
        return ["| \(name) | " + rows.map { Self.plain($0.label) }.joined(separator: " | ") + " |"]
            + ["| --- |" + rows.map { _ in " ---: |" }.joined()]
            + lines.map { line in
                "| \(Self.plain(line.name)) | " + line.cells.map { $0 ?? "–" }.joined(separator: " | ") + " |"
            } + [""]
    }

    private func environment(_ label: String, _ result: ComparisonResult) -> [String] {
        let title = collation.results.count > 1 ? "Measured on (\(Self.plain(label)))" : "Measured on"
        return ["## \(title)", ""] + Facts.environment(result).map { "- \($0.name): \(Self.plain($0.value))" } + [""]
    }

    /// Text that Markdown shows as it is.
    private static func plain(_ text: String) -> String {
        var result = ""
        for character in Text.printable(text) {
            if "\\`*_{}[]<>|#&".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
