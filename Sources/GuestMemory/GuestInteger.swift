import Synchronization

/// An unsigned integer that a guest and the host exchange by one load or store. Little-endian, as the guest.
public protocol GuestInteger: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {
    /// One atomic load that acquires. The pointer is to initialised memory that is aligned for the type.
    @unsafe static func load(_ pointer: UnsafeRawPointer) -> Self
    /// One atomic store that releases. The pointer is to memory that is aligned for the type.
    @unsafe static func store(_ value: Self, _ pointer: UnsafeMutableRawPointer)
}

// `Atomic<T>` has the size, alignment and layout of T, and every bit pattern of a mapping is a value of these types.

extension UInt8: GuestInteger {
    /// One atomic load that acquires.
    @unsafe @inlinable
    public static func load(_ pointer: UnsafeRawPointer) -> UInt8 {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt8>.self).pointee.load(ordering: .acquiring)
    }

    /// One atomic store that releases.
    @unsafe @inlinable
    public static func store(_ value: UInt8, _ pointer: UnsafeMutableRawPointer) {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt8>.self).pointee.store(value, ordering: .releasing)
    }
}

extension UInt16: GuestInteger {
    /// One atomic load that acquires.
    @unsafe @inlinable
    public static func load(_ pointer: UnsafeRawPointer) -> UInt16 {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt16>.self).pointee.load(ordering: .acquiring)
    }

    /// One atomic store that releases.
    @unsafe @inlinable
    public static func store(_ value: UInt16, _ pointer: UnsafeMutableRawPointer) {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt16>.self).pointee.store(value, ordering: .releasing)
    }
}

extension UInt32: GuestInteger {
    /// One atomic load that acquires.
    @unsafe @inlinable
    public static func load(_ pointer: UnsafeRawPointer) -> UInt32 {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .acquiring)
    }

    /// One atomic store that releases.
    @unsafe @inlinable
    public static func store(_ value: UInt32, _ pointer: UnsafeMutableRawPointer) {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(value, ordering: .releasing)
    }
}

extension UInt64: GuestInteger {
    /// One atomic load that acquires.
    @unsafe @inlinable
    public static func load(_ pointer: UnsafeRawPointer) -> UInt64 {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .acquiring)
    }

    /// One atomic store that releases.
    @unsafe @inlinable
    public static func store(_ value: UInt64, _ pointer: UnsafeMutableRawPointer) {
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(value, ordering: .releasing)
    }
}

extension GuestMemory {
    /// Reads an integer, once. Where the address is aligned it is one atomic load that acquires, so it serves for the
    /// indices of rings; elsewhere the bytes are copied one after the other.
    @inlinable
    public func read<Value: GuestInteger>(
        _ type: Value.Type, at address: GuestAddress
    ) throws(GuestMemoryError) -> Value {
        let pointer = try unsafe pointer(address, UInt64(MemoryLayout<Value>.size))
        if address.isAligned(to: UInt64(MemoryLayout<Value>.alignment)) { return unsafe Value.load(pointer) }
        var value = Value.zero
        for index in 0..<MemoryLayout<Value>.size {
            value |= Value(truncatingIfNeeded: unsafe UInt8.load(pointer + index)) << Value(8 * index)
        }
        return value
    }

    /// Writes an integer. Where the address is aligned it is one atomic store that releases.
    @inlinable
    public func write<Value: GuestInteger>(_ value: Value, at address: GuestAddress) throws(GuestMemoryError) {
        let pointer = try unsafe pointer(address, UInt64(MemoryLayout<Value>.size))
        if address.isAligned(to: UInt64(MemoryLayout<Value>.alignment)) { return unsafe Value.store(value, pointer) }
        for index in 0..<MemoryLayout<Value>.size {
            unsafe UInt8.store(UInt8(truncatingIfNeeded: value >> Value(8 * index)), pointer + index)
        }
    }
}
