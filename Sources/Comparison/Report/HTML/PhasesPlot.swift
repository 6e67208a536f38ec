/// What the time of a run was spent with, as one bar a side.
enum PhasesPlot {
    private static let rowHeight = 50.0

    static func figure(id: String, _ rows: [Collation.Row]) -> Figure? {
        // One phase is no more than the wall time again.
        let shown = rows.filter { !$0.side.phases.isEmpty }
        guard shown.contains(where: { $0.side.phases.count > 1 }) else { return nil }
        let totals = shown.map { $0.side.phases.map(\.median).reduce(0, +) }
        let largest = totals.max() ?? 1
        let unit = Unit(for: largest, .wall)
        let scale = Scale(fromZeroTo: largest, unit: unit.size)
        let height = rowHeight * Double(shown.count) + 6
        let moments = Moment.allCases.filter { moment in
            shown.contains { $0.side.phases.contains { $0.end == moment } }
        }
        let bars = zip(shown, totals).enumerated().map { index, row in
            bar(row.0, total: row.1, scale, top: Double(index) * rowHeight)
        }
        let axis = Axis.draw(scale, top: height, name: "time since the command, \(unit.name)") {
            RunsPlot.trimmed(Figures.significant($0 / unit.size))
        }
        let entries = moments.map { moment in
            Markup.element(
                "li", "",
                "<span class=\"swatch p\(place(moment))\"></span>"
                    + "<b>\(moment.phase)</b> \(Markup.text(moment.meaning))")
        }
        return Figure(
            id: id, title: "Where the time goes",
            caption: "Medians of each phase. They need not add up to the median of the whole.",
            height: height + Axis.height, drawing: axis + bars.joined(),
            legend: Markup.element("ul", "class=\"legend\"", entries.joined()),
            heading: ["phase"] + shown.map(\.label),
            rows: moments.map { moment in
                [moment.phase]
                    + shown.map { row in
                        row.side.phases.first { $0.end == moment }.map { Figures.quantity($0.median, .wall) } ?? "–"
                    }
            })
    }

    private static func bar(_ row: Collation.Row, total: Double, _ scale: Scale, top: Double) -> String {
        var parts = [
            "<text class=\"label\" x=\"0\" y=\"\(Markup.number(top + 18))\">\(Markup.label(row.label))</text>",
            "<text class=\"value\" x=\"100%\" y=\"\(Markup.number(top + 18))\" text-anchor=\"end\">"
                + "\(Markup.text(Figures.quantity(total, .wall)))</text>",
        ]
        var before = 0.0
        for phase in row.side.phases {
            let (start, end) = (scale.place(before), scale.place(before + phase.median))
            let name = "\(phase.end.phase): \(Figures.quantity(phase.median, .wall))"
            parts.append(
                "<rect class=\"phase p\(place(phase.end))\" x=\"\(Markup.percent(start))\" "
                    + "y=\"\(Markup.number(top + 26))\" width=\"\(Markup.percent(end - start))\" height=\"18\">"
                    + "<title>\(Markup.text(name))</title></rect>")
            before += phase.median
        }
        return Markup.element("g", "", parts.joined())
    }

    private static func place(_ moment: Moment) -> Int { Moment.allCases.firstIndex(of: moment) ?? 0 }
}
