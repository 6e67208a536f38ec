import GuestMemory

/// An entry of a descriptor table (virtio 1.2, 2.7.5 "The Virtqueue Descriptor Table"): sixteen bytes.
struct VirtQueueDescriptor {
    var address: GuestAddress
    /// Bytes.
    var length: UInt32
    var flags: Flags
    /// The entry that goes on with the chain, where `flags` says so.
    var next: UInt16

    /// Bytes of an entry.
    static let size: UInt64 = 16

    struct Flags: OptionSet {
        let rawValue: UInt16
        /// The chain goes on at `next`.
        static let next = Flags(rawValue: 1)
        /// The device writes; without it, it reads.
        static let write = Flags(rawValue: 2)
        /// The range holds a table of descriptors.
        static let indirect = Flags(rawValue: 4)
    }

    /// Reads an entry of a table, each of its two halves once.
    init(_ memory: GuestMemory, table: GuestAddress, index: UInt16) throws(GuestMemoryError) {
        let entry = GuestAddress(table.value &+ UInt64(index) * Self.size)
        let low = try memory.read(UInt64.self, at: entry)
        let high = try memory.read(UInt64.self, at: GuestAddress(entry.value &+ 8))
        address = GuestAddress(low)
        length = UInt32(truncatingIfNeeded: high)
        flags = Flags(rawValue: UInt16(truncatingIfNeeded: high >> 32))
        next = UInt16(truncatingIfNeeded: high >> 48)
    }
}
