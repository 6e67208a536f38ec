/// What else was measured of a workload, as one table: medians, and ratios to the first side.
enum FurtherTable {
    static func markup(_ group: Collation.Group) -> String {
        let metrics = group.metrics.filter { $0 != group.workload?.measure }
        if metrics.isEmpty { return "" }
        let head = (["median"] + group.rows.map(\.label)).map {
            Markup.element("th", "scope=\"col\"", Markup.text($0))
        }
        let body = metrics.map { metric in
            let cells = group.rows.map { row in
                Markup.element("td", "", row.side.metric(metric).map(cell) ?? "–")
            }
            return Markup.element(
                "tr", "", Markup.element("th", "scope=\"row\"", Markup.text(metric.title)) + cells.joined())
        }
        let table = Markup.element(
            "table", "aria-label=\"What else was measured\"",
            Markup.element("thead", "", Markup.element("tr", "", head.joined()))
                + Markup.element("tbody", "", body.joined()))
        return Markup.element(
            "div", "class=\"wide\"",
            Markup.element("h3", "", "What else was measured")
                + Markup.element("p", "class=\"quiet\"", "Medians; in brackets how many times the first side's.")
                + Markup.element("div", "class=\"table\" tabindex=\"0\"", table))
    }

    private static func cell(_ metric: MetricAnalysis) -> String {
        let median = Figures.quantity(metric.distribution.median, metric.metric)
        guard let ratio = metric.ratio, let verdict = metric.verdict else { return Figure.cell(median) }
        let shown = verdict == .undecided ? "too noisy" : Figures.significant(ratio.value) + "×"
        return Figure.cell("\(median) (\(shown))")
    }
}
