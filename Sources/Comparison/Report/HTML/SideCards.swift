/// The numbers of a workload that one remembers: a card a side.
enum SideCards {
    static func markup(_ group: Collation.Group) -> String {
        let cards = group.rows.compactMap { row -> String? in
            guard let metric = (group.workload?.measure).flatMap({ row.side.metric($0) }) else { return nil }
            let ratio = metric.ratioText.isEmpty ? "" : "times the first side: \(metric.ratioText)"
            return Markup.element(
                "li", "class=\"c\(row.place % Palette.count)\"",
                Markup.element("span", "class=\"side\"", Markup.text(row.label))
                    + Markup.element("b", "", Markup.text(Figures.quantity(metric.distribution.median, metric.metric)))
                    + Markup.element("span", "class=\"quiet\"", Markup.text(ratio)))
        }
        return Markup.element("ul", "class=\"cards\"", cards.joined())
    }
}
