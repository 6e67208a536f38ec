/// The line with marks and numbers below a plot.
enum Axis {
    /// The room that it takes, in pixels.
    static let height = 34.0

    /// Draws it.
    ///
    /// - Parameters:
    ///   - top: where the plot ends and the axis begins.
    ///   - name: what the numbers are.
    static func draw(_ scale: Scale, top: Double, name: String, _ shown: (Double) -> String) -> String {
        let y = Markup.number(top)
        var parts = ["<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>"]
        for mark in scale.marks {
            let place = scale.place(mark)
            let x = Markup.percent(place)
            parts.append("<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(Markup.number(top + 4))\"/>")
            let anchor = place < 0.08 ? "start" : place > 0.92 ? "end" : "middle"
            let edge = place < 0.08 ? "0" : place > 0.92 ? "100%" : x
            parts.append(
                "<text class=\"mark\" x=\"\(edge)\" y=\"\(Markup.number(top + 17))\" text-anchor=\"\(anchor)\">"
                    + "\(Markup.text(shown(mark)))</text>")
        }
        parts.append(
            "<text class=\"mark name\" x=\"100%\" y=\"\(Markup.number(top + 32))\" text-anchor=\"end\">"
                + "\(Markup.text(name))\(scale.isLogarithmic ? ", log scale" : "")</text>")
        return parts.joined()
    }
}
