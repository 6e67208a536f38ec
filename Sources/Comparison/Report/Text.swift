/// Text that others wrote, made safe for a terminal.
enum Text {
    /// The text in quotation marks, with escapes for what moves a cursor, and no longer than so many characters.
    static func quoted(_ text: String, limit: Int) -> String {
        if text.isEmpty { return "nothing" }
        let plain = printable(text)
        return plain.count > limit ? "'\(plain.prefix(limit))…'" : "'\(plain)'"
    }

    /// The text with escapes for control characters and for what changes the direction of writing.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// The text with spaces behind it, up to a width in characters.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// The text with spaces before it, up to a width in characters.
    static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// A command as one may type it.
    static func command(_ words: [String]) -> String {
        words.map(word).joined(separator: " ")
    }

    private static func word(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-_./:=@%+,".utf8.contains(byte)
            }
        return isPlain
            ? word
            : "'"
                + printable(word).split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
    }
}
