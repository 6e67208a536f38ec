/// Takes apart what `WireWriter` put together. Nothing is allocated before its size was checked against both a limit and
/// the bytes that are there.
public struct WireReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// Reads an array from its start.
    public init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    /// Reads part of an array.
    public init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// How many bytes are left.
    public var remaining: Int { end - position }

    /// Takes an integer.
    public mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
        _ type: Value.Type
    ) throws(WireError) -> Value {
        guard remaining >= Value.bitWidth / 8 else { throw .truncated }
        var value = Value.zero
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            value |= Value(truncatingIfNeeded: bytes[position]) << Value(shift)
            position += 1
        }
        return value
    }

    /// Takes a truth value.
    public mutating func bool() throws(WireError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .invalid("truth value")
        }
    }

    /// Takes bytes that stand behind their length.
    public mutating func bytes(limit: Int) throws(WireError) -> [UInt8] {
        let length = Int(try integer(UInt32.self))
        guard length <= limit else { throw .tooLong(length, limit: limit) }
        guard length <= remaining else { throw .truncated }
        defer { position += length }
        return Array(bytes[position..<position + length])
    }

    /// Takes a string; bytes that are no UTF-8 are an error.
    public mutating func string(limit: Int) throws(WireError) -> String {
        guard let text = String(validating: try bytes(limit: limit), as: UTF8.self) else {
            throw .invalid("string: it is not UTF-8")
        }
        return text
    }

    /// Takes a number of things that follow.
    public mutating func count(limit: Int) throws(WireError) -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .tooLong(count, limit: limit) }
        return count
    }

    /// Takes all that is left.
    public mutating func rest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// Ends the message: nothing may be left.
    public func finish() throws(WireError) {
        if remaining > 0 { throw .trailing(remaining) }
    }
}
