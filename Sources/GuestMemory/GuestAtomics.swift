import Synchronization

extension GuestMemory {
    /// Sets bits of a word that the guest's processors change at the same time, in one step.
    ///
    /// - Parameter address: a multiple of eight.
    /// - Returns: the word before.
    public func setBits(_ bits: UInt64, at address: GuestAddress) throws(GuestMemoryError) -> UInt64 {
        let pointer = try unsafe aligned(UInt64.self, address)
        // As for loads and stores: `Atomic<T>` has the layout of T.
        return unsafe pointer.assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .bitwiseOr(bits, ordering: .sequentiallyConsistent).oldValue
    }

    /// Clears bits of such a word, in one step.
    ///
    /// - Parameter address: a multiple of eight.
    public func clearBits(_ bits: UInt64, at address: GuestAddress) throws(GuestMemoryError) {
        let pointer = try unsafe aligned(UInt64.self, address)
        unsafe pointer.assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .bitwiseAnd(~bits, ordering: .sequentiallyConsistent)
    }

    /// Puts a byte in a place that the guest's processors change at the same time, in one step.
    ///
    /// - Returns: the byte before.
    public func exchange(_ value: UInt8, at address: GuestAddress) throws(GuestMemoryError) -> UInt8 {
        let pointer = try unsafe pointer(address, 1)
        return unsafe pointer.assumingMemoryBound(to: Atomic<UInt8>.self).pointee
            .exchange(value, ordering: .sequentiallyConsistent)
    }

    private func aligned<Value>(
        _ type: Value.Type, _ address: GuestAddress
    ) throws(GuestMemoryError) -> UnsafeMutableRawPointer {
        precondition(address.isAligned(to: UInt64(MemoryLayout<Value>.alignment)))
        return try unsafe pointer(address, UInt64(MemoryLayout<Value>.size))
    }
}
