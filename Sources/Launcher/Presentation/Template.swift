import CommandLineOptions
import JSON

/// What `--format` takes beside words of its own: `json`, or text with `{{.Field.Below}}` and `{{json .Field}}`.
public struct Template: Sendable {
    private enum Part: Sendable {
        case text(String)
        case field([String], asJSON: Bool)
    }

    private var parts: [Part] = []

    /// Parses a template.
    public init(_ format: String) throws(UsageError) {
        if format == "json" {
            parts = [.field([], asJSON: true)]
            return
        }
        var rest = Substring(format)
        while let start = rest.firstRange(of: "{{") {
            parts.append(.text(Self.unescaped(rest[..<start.lowerBound])))
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else {
                throw UsageError("invalid format '\(format)': '{{' without '}}'")
            }
            let words = rest[start.upperBound..<end.lowerBound].split(separator: " ")
            guard let field = words.last, field.hasPrefix("."), words.count <= 2, words.count == 1 || words[0] == "json"
            else {
                throw UsageError("invalid format '\(format)': json, {{.Field}} and {{json .Field}} are known")
            }
            parts.append(.field(field.split(separator: ".").map(String.init), asJSON: words.count == 2))
            rest = rest[end.upperBound...]
        }
        parts.append(.text(Self.unescaped(rest)))
    }

    private static func unescaped(_ text: Substring) -> String {
        String(text).split(separator: "\\t", omittingEmptySubsequences: false).joined(separator: "\t")
            .split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
    }

    /// The template with the fields of a value; `<no value>` stands for what it has not.
    public func text(_ value: JSONValue) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let fixed): text += fixed
            case .field(let path, let asJSON):
                var found: JSONValue? = value
                for name in path { found = found?[name] }
                text += asJSON ? (found ?? .null).text() : Self.plain(found)
            }
        }
        return text
    }

    private static func plain(_ value: JSONValue?) -> String {
        guard let value else { return "<no value>" }
        return value.stringValue ?? value.text()
    }
}
