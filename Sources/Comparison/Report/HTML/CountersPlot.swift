/// How often machines left their guests, and for what: a line a counter, a dot a side.
enum CountersPlot {
    private static let lineHeight = 38.0

    static func figure(id: String, _ group: Collation.Group) -> Figure? {
        let rows = group.rows.filter { !$0.side.counters.isEmpty }
        let names = group.counters
        let values = names.flatMap { name in rows.compactMap { $0.side.counters[name] } }.filter { $0 > 0 }
        guard !rows.isEmpty, !values.isEmpty else { return nil }
        let scale = Scale(ratiosOf: values)
        let height = lineHeight * Double(names.count) + 4
        let lines = names.enumerated().map { index, name in
            line(name, rows, scale, top: Double(index) * lineHeight)
        }
        let axis = Axis.draw(scale, top: height, name: "times a run") { Figures.quantity($0, .exits) }
        let legend = rows.map { row in
            Markup.element(
                "li", "", "<span class=\"swatch c\(row.place % Palette.count)\"></span>" + Markup.text(row.label))
        }
        return Figure(
            id: id, title: "What the machines did",
            caption: """
                Medians of the runs that were looked at. kvm: the kernel's own counters (KVM_GET_STATS_FD); exit: what left the \
                guest for its monitor, by kind; hypercalls: what the guest's kernel asked for.
                """,
            height: height + Axis.height, drawing: axis + lines.joined(),
            legend: Markup.element("ul", "class=\"legend short\"", legend.joined()),
            heading: ["counter"] + rows.map(\.label),
            rows: names.map { name in
                [name] + rows.map { row in row.side.counters[name].map { Figures.quantity($0, .exits) } ?? "–" }
            })
    }

    private static func line(_ name: String, _ rows: [Collation.Row], _ scale: Scale, top: Double) -> String {
        let y = top + 29
        var parts = [
            "<text class=\"counter\" x=\"0\" y=\"\(Markup.number(top + 17))\">\(Markup.label(name))</text>",
            "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"\(Markup.number(y))\" y2=\"\(Markup.number(y))\"/>",
        ]
        for row in rows {
            guard let value = row.side.counters[name], value > 0 else { continue }
            let title = "\(row.label): \(Figures.quantity(value, .exits))"
            parts.append(
                "<circle class=\"ratio c\(row.place % Palette.count)\" cx=\"\(Markup.percent(scale.place(value)))\" "
                    + "cy=\"\(Markup.number(y))\" r=\"4.5\"><title>\(Markup.text(title))</title></circle>")
        }
        return Markup.element("g", "", parts.joined())
    }
}
