/// A plot with its title, its picture and the table of the same numbers.
struct Figure {
    /// Its place on the page, for references within it.
    let id: String
    let title: String
    /// What is to be seen, in a sentence.
    let caption: String
    /// The picture's height in pixels.
    let height: Double
    /// The picture's content.
    let drawing: String
    /// Below the picture: what the colours mean.
    var legend = ""
    let heading: [String]
    /// The table's rows; the first cell of each is its name.
    let rows: [[String]]

    /// The figure as markup.
    var markup: String {
        let names = "\(id)-title \(id)-text"
        let picture = Markup.element(
            "svg", "role=\"img\" aria-labelledby=\"\(names)\" width=\"100%\" height=\"\(Markup.number(height))\"",
            Markup.element("title", "id=\"\(id)-title\"", Markup.text(title))
                + Markup.element("desc", "id=\"\(id)-text\"", Markup.text(caption)) + drawing)
        let caption = Markup.element(
            "figcaption", "",
            Markup.element("h3", "", Markup.text(title)) + Markup.element("p", "", Markup.text(self.caption)))
        return Markup.element("figure", "", caption + picture + legend + table)
    }

    /// A cell's text, which breaks before a bracket only: a number stays with its unit.
    static func cell(_ text: String) -> String {
        Markup.text(text).split(separator: " ", omittingEmptySubsequences: false).reduce(into: "") { line, word in
            line += line.isEmpty ? word : (word.hasPrefix("(") || word.contains("–") ? " " : "\u{A0}") + word
        }
    }

    /// How many columns fit beside each other on a narrow screen.
    private static let narrowColumns = 5

    private var table: String {
        let head = heading.map { Markup.element("th", "scope=\"col\"", Markup.text($0)) }.joined()
        let body = rows.map { row in
            let name = Markup.element("th", "scope=\"row\"", Markup.text(row.first ?? ""))
            let cells = zip(row, heading).dropFirst().map { cell, column in
                // On a narrow screen the cells of many columns stand below each other, each with its column's name.
                Markup.element("td", "data-column=\"\(Markup.text(column))\"", Self.cell(cell))
            }
            return Markup.element("tr", "", name + cells.joined())
        }
        let table = Markup.element(
            "table", "aria-label=\"\(Markup.text(title))\"",
            Markup.element("thead", "", Markup.element("tr", "", head))
                + Markup.element("tbody", "", body.joined()))
        let isWide = heading.count > Self.narrowColumns
        return Markup.element("div", "class=\"table\(isWide ? " many" : "")\" tabindex=\"0\"", table)
    }
}
