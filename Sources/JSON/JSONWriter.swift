extension JSONValue {
    /// How a value is laid out as text.
    public enum Layout: Sendable {
        /// Without white space.
        case compact
        /// A member a line, indented by two spaces.
        case pretty
    }

    /// The value as JSON text.
    public func text(_ layout: Layout = .compact) -> String {
        String(decoding: bytes(layout), as: UTF8.self)
    }

    /// The value as JSON text in UTF-8.
    public func bytes(_ layout: Layout = .compact) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(1024)
        write(to: &output, layout, indentation: 0)
        return output
    }

    private func write(to output: inout [UInt8], _ layout: Layout, indentation: Int) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): output.append(contentsOf: String(value).utf8)
        case .unsigned(let value): output.append(contentsOf: String(value).utf8)
        case .double(let value): output.append(contentsOf: Self.number(value).utf8)
        case .string(let value): Self.write(value, to: &output)
        case .array(let elements):
            Self.writeList(elements, brackets: ("[", "]"), to: &output, layout, indentation) { element, output in
                element.write(to: &output, layout, indentation: indentation + 1)
            }
        case .object(let object):
            Self.writeList(object.members, brackets: ("{", "}"), to: &output, layout, indentation) { member, output in
                Self.write(member.key, to: &output)
                output.append(contentsOf: (layout == .pretty ? ": " : ":").utf8)
                member.value.write(to: &output, layout, indentation: indentation + 1)
            }
        }
    }

    /// JSON has no infinity and no NaN; a whole double is written without a fraction.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    private static func writeList<Element>(
        _ elements: [Element], brackets: (open: Character, close: Character), to output: inout [UInt8],
        _ layout: Layout, _ indentation: Int, _ body: (Element, inout [UInt8]) -> Void
    ) {
        output.append(contentsOf: String(brackets.open).utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            if layout == .pretty { newLine(indentation + 1, &output) }
            body(element, &output)
        }
        if layout == .pretty, !elements.isEmpty { newLine(indentation, &output) }
        output.append(contentsOf: String(brackets.close).utf8)
    }

    private static func newLine(_ indentation: Int, _ output: inout [UInt8]) {
        output.append(0x0A)
        for _ in 0..<(2 * indentation) { output.append(0x20) }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789abcdef".utf8)
                output.append(contentsOf: "\\u00".utf8)
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
