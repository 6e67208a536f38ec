/// All runs of one metric as dots, a strip a side, with the middle half and the median.
enum RunsPlot {
    private static let rowHeight = 52.0
    /// How far dots are moved apart up and down so that they do not hide each other, in pixels.
    private static let spread = 7.0

    static func figure(
        id: String, _ metric: Metric, _ rows: [Collation.Row], operation: String?, changeBase: String?,
        explains: Bool
    ) -> Figure? {
        let measured = rows.compactMap { row in row.side.metric(metric).map { (row, $0) } }
        guard let largest = measured.map(\.1.distribution.median).max() else { return nil }
        // Where the medians are 0 the few other runs choose the unit.
        let most = measured.map { $0.1.distribution.quantile(1) }.max() ?? 0
        let unit = Unit(for: largest > 0 ? largest : most, metric)
        let scale = Scale(for: measured.map(\.1.distribution), unit: unit.size)
        let height = rowHeight * Double(measured.count) + 6
        let strips = measured.enumerated().map { index, row in
            strip(row.0, row.1, scale, top: Double(index) * rowHeight)
        }
        let name = unit.name.isEmpty ? metric.title : "\(metric.title), \(unit.name)"
        let axis = Axis.draw(scale, top: height, name: name) { mark in
            metric.kind == .count
                ? Figures.quantity(mark, metric) : trimmed(Figures.significant(mark / unit.size))
        }
        let isWorkload = metric == .reported
        return Figure(
            id: id, title: isWorkload ? "Time of one \(operation ?? "operation")" : capitalised(metric.title),
            caption: explains
                ? "\(metric.meaning) A dot is a run; the band holds the middle half of them, the line is the median."
                : metric.meaning,
            height: height + Axis.height, drawing: axis + strips.joined(),
            heading: ["side", "median", "middle half", "MAD", "ratio (95 % interval)"]
                + (changeBase.map { ["ratio to \($0) (95 % interval)"] } ?? []),
            rows: measured.map { row, numbers in
                let values = numbers.distribution
                return [
                    row.label, Figures.quantity(values.median, metric), Figures.range(values, metric),
                    Figures.quantity(values.medianAbsoluteDeviation, metric), numbers.ratioText,
                ] + (changeBase == nil ? [] : [row.changeText(metric)])
            })
    }

    private static func strip(_ row: Collation.Row, _ metric: MetricAnalysis, _ scale: Scale, top: Double) -> String {
        let values = metric.distribution
        let middle = top + 36
        let colour = "c\(row.place % Palette.count)"
        let (low, high) = (scale.place(values.quantile(0.25)), scale.place(values.quantile(0.75)))
        let outliers = Set(metric.outliers.map(\.round))
        var parts = [
            "<text class=\"label\" x=\"0\" y=\"\(Markup.number(top + 18))\">\(Markup.label(row.label))</text>",
            "<text class=\"value\" x=\"100%\" y=\"\(Markup.number(top + 18))\" text-anchor=\"end\">"
                + "\(Markup.text(Figures.quantity(values.median, metric.metric)))</text>",
            "<rect class=\"band \(colour)\" x=\"\(Markup.percent(low))\" y=\"\(Markup.number(middle - 10))\" "
                + "width=\"\(Markup.percent(high - low))\" height=\"20\" rx=\"2\"/>",
        ]
        var random = RandomSource(seed: UInt64(row.place))
        for (round, value) in metric.values {
            let y = middle + Double.random(in: -spread...spread, using: &random)
            let name = "round \(round): \(Figures.quantity(value, metric.metric))"
            parts.append(
                "<circle class=\"dot \(colour)\(outliers.contains(round) ? " out" : "")\" "
                    + "cx=\"\(Markup.percent(scale.place(value)))\" cy=\"\(Markup.number(y))\" r=\"3\">"
                    + "<title>\(Markup.text(name))</title></circle>")
        }
        let x = Markup.percent(scale.place(values.median))
        parts.append(
            "<line class=\"median \(colour)\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Markup.number(middle - 12))\" "
                + "y2=\"\(Markup.number(middle + 12))\"/>")
        return Markup.element("g", "", parts.joined())
    }

    private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// Without zeros at the end, which say nothing on an axis.
    static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var digits = Substring(text)
        while digits.hasSuffix("0") { digits = digits.dropLast() }
        return String(digits.hasSuffix(".") ? digits.dropLast() : digits)
    }
}
