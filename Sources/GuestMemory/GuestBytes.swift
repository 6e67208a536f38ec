import Glibc

extension GuestMemory {
    /// Fills a buffer with guest memory. What is in it afterwards no longer changes.
    public func read(into buffer: inout MutableRawSpan, at address: GuestAddress) throws(GuestMemoryError) {
        let pointer = try unsafe pointer(address, UInt64(buffer.byteCount))
        // Both have as many bytes as are copied, and a span of ours never lies in guest memory.
        unsafe buffer.withUnsafeMutableBytes { unsafe $0.copyMemory(from: .init(start: pointer, count: $0.count)) }
    }

    /// Reads bytes into a new array.
    ///
    /// - Parameter count: never taken from the guest unchecked: so much is allocated.
    public func bytes(at address: GuestAddress, count: Int) throws(GuestMemoryError) -> [UInt8] {
        let pointer = try unsafe pointer(address, UInt64(count))
        return unsafe Array(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// Writes bytes.
    public func write(_ bytes: RawSpan, at address: GuestAddress) throws(GuestMemoryError) {
        let pointer = try unsafe pointer(address, UInt64(bytes.byteCount))
        // As above.
        unsafe bytes.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(start: pointer, count: $0.count).copyMemory(from: $0)
        }
    }

    /// Writes the bytes of an array.
    public func write(_ bytes: [UInt8], at address: GuestAddress) throws(GuestMemoryError) {
        // Bytes have no padding.
        try unsafe write(bytes.span.bytes, at: address)
    }

    /// Writes one value to each byte of a range.
    public func fill(_ value: UInt8, at address: GuestAddress, count: UInt64) throws(GuestMemoryError) {
        let pointer = try unsafe pointer(address, count)
        unsafe memset(pointer, CInt(value), Int(count))
    }
}
