/// A result as one page that needs nothing else: no script, no font, no file.
public struct HTMLReport {
    private let collation: Collation

    /// Makes a report.
    public init(_ collation: Collation) {
        self.collation = collation
    }

    /// The page.
    public var text: String {
        let title = collation.results.first?.analysis.result.title ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <link rel="icon" href="data:,">
            <title>\(Markup.text(title)) – hull compare</title>
            <style>\(StyleSheet.text)</style></head>
            <body><main>
            \(alert)
            \(header(title))
            \(overview)
            \(collation.workloads.enumerated().map { section($0.offset, $0.element) }.joined(separator: "\n"))
            \(notes)
            \(collation.results.map { environment($0.label, $0.analysis.result) }.joined(separator: "\n"))
            \(method)
            </main></body></html>

            """
    }

    private func header(_ title: String) -> String {
        let labels = collation.results.map(\.label)
        let several = labels.count > 1 ? ": " + labels.map(Markup.text).joined(separator: " and ") : ""
        let single = collation.workloads.count == 1
        let sentences =
            single
            ? collation.workloads.flatMap { $0.entries.map { prefixed($0.label) + Summary.sentence($0.analysis) } }
            : collation.results.map { prefixed($0.label) + Summary.overview($0.analysis) }
        return Markup.element(
            "header", "",
            "<p class=\"kicker\">hull compare\(several)</p>" + Markup.element("h1", "", Markup.text(title))
                + sentences.map { Markup.element("p", "class=\"lead\"", Markup.text($0)) }.joined()
                + (single ? collation.workloads.map(SideCards.markup).joined() : ""))
    }

    private func prefixed(_ label: String) -> String { collation.results.count > 1 ? label + ": " : "" }

    private var alert: String {
        list("alert", "The sides did not do the same", collation.differences, "role=\"alert\"")
    }

    private var notes: String { list("notes", "Before you believe a number", collation.warnings, "") }

    private func list(_ name: String, _ title: String, _ lines: [String], _ attributes: String) -> String {
        if lines.isEmpty { return "" }
        let items = lines.map { Markup.element("li", "", Markup.text($0)) }.joined()
        return Markup.element(
            "section", "class=\"\(name)\" \(attributes)",
            Markup.element("h2", "", Markup.text(title)) + Markup.element("ul", "", items))
    }

    private var overview: String {
        RatiosPlot.figure(id: "all", collation).map { Markup.element("section", "", $0.markup) } ?? ""
    }

    private func section(_ index: Int, _ group: Collation.Group) -> String {
        guard let workload = group.workload else { return "" }
        let isOnly = collation.workloads.count == 1
        var parts = [Markup.element("h2", "", Markup.text(isOnly ? "What was measured" : group.name))]
        if let shows = workload.shows { parts.append(Markup.element("p", "", Markup.text(shows))) }
        if !isOnly {
            parts += group.entries.map {
                Markup.element("p", "class=\"quiet\"", Markup.text(prefixed($0.label) + Summary.sentence($0.analysis)))
            }
        }
        let metrics = isOnly ? group.metrics : [workload.measure]
        let plots = metrics.enumerated().compactMap { place, metric in
            RunsPlot.figure(
                id: "w\(index)m\(place)", metric, group.rows, operation: workload.operation,
                changeBase: collation.changeBase, explains: place == 0)
        }
        // What the time went to is the question where the whole time is.
        let phases = workload.measure == .wall ? PhasesPlot.figure(id: "w\(index)p", group.rows) : nil
        let counters = CountersPlot.figure(id: "w\(index)c", group)
        let wide = (plots.prefix(1) + [phases].compactMap { $0 }).map {
            Markup.element("div", "class=\"wide\"", $0.markup)
        }
        let machines = counters.map { Markup.element("div", isOnly ? "" : "class=\"wide\"", $0.markup) } ?? ""
        let others = isOnly ? plots.dropFirst().map(\.markup).joined() : FurtherTable.markup(group)
        parts.append(Markup.element("div", "class=\"plots\"", wide.joined() + others + machines))
        return Markup.element("section", "", parts.joined())
    }

    private func environment(_ label: String, _ result: ComparisonResult) -> String {
        let facts = Facts.environment(result).map { fact in
            let isCommand = result.sides.contains { $0.name == fact.name }
            return Markup.element("dt", "", Markup.text(fact.name))
                + Markup.element("dd", isCommand ? "class=\"code\"" : "", Markup.text(fact.value))
        }
        let title = collation.results.count > 1 ? "Measured on: \(label)" : "Measured on"
        return Markup.element(
            "section", "", Markup.element("h2", "", Markup.text(title)) + Markup.element("dl", "", facts.joined()))
    }

    private var method: String {
        let sentences = collation.results.first.map { Facts.method($0.analysis.result) } ?? []
        return Markup.element(
            "section", "",
            Markup.element("h2", "", "How it was measured")
                + sentences.map { Markup.element("p", "class=\"quiet\"", Markup.text($0)) }.joined())
    }
}
