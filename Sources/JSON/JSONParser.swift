/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, CustomStringConvertible, Equatable {
    /// What is wrong.
    public let reason: String
    /// Bytes before the fault.
    public let offset: Int
    /// Line of the fault, from 1.
    public let line: Int

    /// The text for people.
    public var description: String { "not valid JSON: \(reason) at line \(line) (byte \(offset))" }
}

/// Reads JSON (RFC 8259) from bytes that may be hostile: nesting is bounded, memory grows with the input only.
public struct JSONParser {
    /// Arrays and objects within each other, at most.
    public static let maximumDepth = 128

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses one value that fills the whole text.
    public static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        let value = try parser.value()
        parser.skipSpace()
        if parser.position != bytes.count { throw parser.fault("text after the value") }
        return value
    }

    /// Parses one value that fills the whole text.
    public static func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        try parse(Array(text.utf8))
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        let line = 1 + bytes[..<min(position, bytes.count)].count { $0 == 0x0A }
        return JSONSyntaxError(reason: reason, offset: position, line: line)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONSyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONSyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try number()
        case nil: throw fault("the text ends where a value should be")
        default: throw fault("unexpected character")
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        depth += 1
        if depth > Self.maximumDepth { throw fault("nested deeper than \(Self.maximumDepth)") }
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        var members: [JSONObject.Member] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            if current != UInt8(ascii: "\"") { throw fault("a member's name should be here") }
            let key = try string()
            skipSpace()
            if current != UInt8(ascii: ":") { throw fault("':' should be here") }
            position += 1
            members.append(JSONObject.Member(key: key, value: try value()))
            if try closes(UInt8(ascii: "}")) { return .object(JSONObject(members)) }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            elements.append(try value())
            if try closes(UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// After an element: true at the closing bracket, false after a comma.
    private mutating func closes(_ bracket: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        guard let byte = current, byte == bracket || byte == UInt8(ascii: ",") else {
            throw fault("',' or '\(Character(UnicodeScalar(bracket)))' should be here")
        }
        position += 1
        return byte == bracket
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for byte in text.description.utf8 {
            if current != byte { throw fault("unexpected character") }
            position += 1
        }
        return value
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        if position == start { throw fault("a digit should be here") }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        try digits()
        if bytes[firstDigit] == 0x30, position > firstDigit + 1 { throw fault("a number starts with 0") }
        var whole = true
        if current == UInt8(ascii: ".") {
            whole = false
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            whole = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let integer = Int64(text) { return .integer(integer) }
        if whole, let unsigned = UInt64(text) { return .unsigned(unsigned) }
        guard let double = Double(text), double.isFinite else { throw fault("a number out of range") }
        return .double(double)
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        // Most strings have no escape: find the end, and take the bytes as they are.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            let text = try utf8(bytes[start..<position])
            position += 1
            return text
        }
        var collected = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try utf8(collected[...])
            case UInt8(ascii: "\\"): try escape(into: &collected)
            case 0..<0x20: throw fault("a control character in a string")
            default: collected.append(byte)
            }
        }
        throw fault("the text ends within a string")
    }

    private func utf8(_ bytes: ArraySlice<UInt8>) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("a string that is not UTF-8") }
        return text
    }

    private mutating func escape(into collected: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw fault("the text ends within a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
        case UInt8(ascii: "b"): collected.append(0x08)
        case UInt8(ascii: "f"): collected.append(0x0C)
        case UInt8(ascii: "n"): collected.append(0x0A)
        case UInt8(ascii: "r"): collected.append(0x0D)
        case UInt8(ascii: "t"): collected.append(0x09)
        case UInt8(ascii: "u"): collected.append(contentsOf: String(try escapedScalar()).utf8)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func escapedScalar() throws(JSONSyntaxError) -> Character {
        let first = try hexadecimal()
        var code = UInt32(first)
        if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let afterFirst = position
            position += 2
            let second = UInt32(try hexadecimal())
            if (0xDC00..<0xE000).contains(second) {
                code = 0x10000 + (code - 0xD800) << 10 + (second - 0xDC00)
            } else {
                position = afterFirst
            }
        }
        // A lone surrogate becomes U+FFFD, as in Go's parser, which the whole ecosystem uses.
        return Character(UnicodeScalar(code) ?? "\u{FFFD}")
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt16 {
        guard position + 4 <= bytes.count,
            let code = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
            bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
        else { throw fault("four hexadecimal digits should be here") }
        position += 4
        return code
    }
}
