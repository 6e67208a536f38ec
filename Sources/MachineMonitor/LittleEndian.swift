/// Integers in a table of bytes that the processor or the guest's kernel reads.
extension Array where Element == UInt8 {
    /// Puts an integer at a place that lies within the array.
    @inlinable
    public mutating func put<Value: FixedWidthInteger>(_ value: Value, at place: Int) {
        for index in 0..<MemoryLayout<Value>.size {
            self[place + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
        }
    }

    /// Puts bytes at a place that lies within the array.
    public mutating func put(_ text: String, at place: Int) {
        for (index, byte) in text.utf8.enumerated() { self[place + index] = byte }
    }

    /// Reads an integer from a place that lies within the array.
    @inlinable
    public func get<Value: FixedWidthInteger>(_ type: Value.Type, at place: Int) -> Value {
        var value = Value.zero
        for index in 0..<MemoryLayout<Value>.size {
            value |= Value(truncatingIfNeeded: self[place + index]) << Value(8 * index)
        }
        return value
    }
}
