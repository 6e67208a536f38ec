/// Puts integers (little-endian), strings and byte arrays (each behind its length, 32 bits) one after the other.
public struct WireWriter: Sendable {
    /// What was put so far.
    public private(set) var bytes: [UInt8]

    /// Makes an empty message.
    ///
    /// - Parameter capacity: how many bytes to make room for.
    public init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Puts an integer.
    public mutating func put<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }

    /// Puts an integer in the place of one that was put before, at an offset.
    public mutating func replace<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value, at offset: Int) {
        for index in 0..<Value.bitWidth / 8 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
        }
    }

    /// Puts a truth value as one byte, 0 or 1.
    public mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Puts bytes behind their length.
    public mutating func put(_ value: some Collection<UInt8>) {
        put(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    /// Puts a string behind its length in UTF-8.
    public mutating func put(_ value: String) { put(value.utf8) }

    /// Puts bytes as they are: the reader takes what is left.
    public mutating func putRest(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }
}
