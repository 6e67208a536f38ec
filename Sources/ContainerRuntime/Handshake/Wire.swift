/// Puts integers and strings behind each other: eight bytes little-endian; a length and UTF-8.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    /// A string longer than this is cut: a message must fit in a packet.
    static let maximumString = 3000

    mutating func put(_ byte: UInt8) { bytes.append(byte) }

    mutating func put(integer number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func put(_ text: String) {
        let utf8 = text.utf8.prefix(Self.maximumString)
        put(integer: UInt64(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    /// A kind and its strings.
    mutating func put(_ kind: UInt8, _ text: String, _ texts: String...) {
        put(kind)
        put(text)
        for text in texts { put(text) }
    }
}

/// Takes apart what `WireWriter` made; nil where there is less than should be.
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func integer() -> UInt64? {
        guard rest.count >= 8 else { return nil }
        var number: UInt64 = 0
        for (index, byte) in rest.prefix(8).enumerated() { number |= UInt64(byte) << UInt64(8 * index) }
        rest.removeFirst(8)
        return number
    }

    mutating func string() -> String? {
        guard let length = integer(), length <= UInt64(rest.count) else { return nil }
        let text = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
        rest.removeFirst(Int(length))
        return text
    }
}
