/// Pieces of HTML and SVG. What others wrote gets in only by `text`, and numbers only by `number`.
enum Markup {
    /// Text as content or as an attribute's value.
    static func text(_ text: String) -> String {
        var result = ""
        for character in Text.printable(text) {
            switch character {
            case "%" where result.hasSuffix(" "):
                // A number stays with its sign.
                result.removeLast()
                result += "\u{A0}%"
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    /// An element with content that is markup already.
    static func element(_ name: String, _ attributes: String = "", _ content: String) -> String {
        "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\(content)</\(name)>"
    }

    /// A number in an attribute.
    static func number(_ value: Double) -> String { Figures.fixed(value.isFinite ? value : 0, 2) }

    /// A share of the width, 0 to 1, as a percentage.
    static func percent(_ share: Double) -> String { number(min(max(share, 0), 1) * 100) + "%" }

    /// Text shortened for a label in a picture; the table has all of it.
    static func label(_ label: String, _ limit: Int = 26) -> String {
        text(label.count > limit ? label.prefix(limit - 1) + "…" : label)
    }
}
