/// An input as a script: its bytes are what someone hostile does next. Behind its end are zeros.
struct ScriptBytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A little-endian number of so many bytes.
    mutating func number(_ bytes: Int) -> UInt64 {
        (0..<bytes).reduce(0) { $0 | UInt64(byte()) << UInt64(8 * $1) }
    }

    /// As many bytes as there still are, at most `count`.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
