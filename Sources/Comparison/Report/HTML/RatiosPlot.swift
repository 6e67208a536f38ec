/// The ratios of all workloads with their intervals, on one axis.
enum RatiosPlot {
    private static let lineHeight = 16.0

    static func figure(id: String, _ collation: Collation) -> Figure? {
        let entries = collation.workloads.compactMap { group in
            let rows = group.rows.compactMap { row in
                (group.workload?.measure).flatMap { row.side.metric($0)?.ratio }.map { (row, $0) }
            }
            return rows.isEmpty ? nil : (group, rows)
        }
        guard entries.count > 1 else { return nil }
        let scale = Scale(ratiosOf: entries.flatMap { $0.1.flatMap { [$0.1.lower, $0.1.upper] } } + [1])
        var top = 0.0
        var parts: [String] = []
        for (group, rows) in entries {
            parts.append(
                "<text class=\"label\" x=\"0\" y=\"\(Markup.number(top + 18))\">\(Markup.label(group.name, 34))</text>")
            for (index, row) in rows.enumerated() {
                parts.append(self.interval(row.0, row.1, scale, y: top + 28 + Double(index) * lineHeight))
            }
            top += 32 + Double(rows.count) * lineHeight
        }
        let one = Markup.percent(scale.place(1))
        // Below the labels.
        parts.insert(
            "<line class=\"one\" x1=\"\(one)\" x2=\"\(one)\" y1=\"0\" y2=\"\(Markup.number(top))\"/>", at: 0)
        let axis = Axis.draw(scale, top: top, name: "times the first side") {
            RunsPlot.trimmed(Figures.significant($0)) + "×"
        }
        var seen: Set<String> = []
        let legend = entries.flatMap(\.1).filter { seen.insert($0.0.label).inserted }.map { row, _ in
            Markup.element(
                "li", "", "<span class=\"swatch c\(row.place % Palette.count)\"></span>" + Markup.text(row.label))
        }
        return Figure(
            id: id, title: "All workloads",
            caption: "A dot is the ratio of the medians, the line its 95 % interval. To the right of 1 it took longer.",
            height: top + Axis.height, drawing: axis + parts.joined(),
            legend: Markup.element("ul", "class=\"legend short\"", legend.joined()),
            heading: ["workload", "side", "median", "ratio (95 % interval)"],
            rows: entries.flatMap { group, rows in
                rows.compactMap { row, _ in
                    row.side.metric(group.workload?.measure ?? .wall).map {
                        [group.name, row.label, Figures.quantity($0.distribution.median, $0.metric), $0.ratioText]
                    }
                }
            })
    }

    private static func interval(_ row: Collation.Row, _ ratio: Estimate, _ scale: Scale, y: Double) -> String {
        let colour = "c\(row.place % Palette.count)"
        let (low, high) = (Markup.percent(scale.place(ratio.lower)), Markup.percent(scale.place(ratio.upper)))
        let name =
            "\(row.label): \(Figures.significant(ratio.value)) (\(Figures.significant(ratio.lower)) to "
            + "\(Figures.significant(ratio.upper)))"
        return Markup.element(
            "g", "",
            "<title>\(Markup.text(name))</title><line class=\"interval \(colour)\" x1=\"\(low)\" x2=\"\(high)\" "
                + "y1=\"\(Markup.number(y))\" y2=\"\(Markup.number(y))\"/><circle class=\"ratio \(colour)\" "
                + "cx=\"\(Markup.percent(scale.place(ratio.value)))\" cy=\"\(Markup.number(y))\" r=\"4.5\"/>")
    }
}
