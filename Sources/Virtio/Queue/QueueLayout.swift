import GuestMemory

/// Where a split queue lies in guest memory and how long it is (virtio 1.2, 2.7 "Split Virtqueues").
public struct QueueLayout: Equatable, Sendable {
    /// Entries; a power of two.
    public var size: UInt16 = 0
    /// The descriptor table: 16 bytes an entry.
    public var descriptors = GuestAddress(0)
    /// The available ring: flags, index, an entry of 2 bytes each, used event.
    public var available = GuestAddress(0)
    /// The used ring: flags, index, an entry of 8 bytes each, available event.
    public var used = GuestAddress(0)

    /// Makes a layout of nothing.
    public init() {}

    /// Checks the size, the alignment of each part, and that each lies in guest memory.
    func check(maximum: UInt16, in memory: GuestMemory) throws(VirtioError) {
        guard size > 0, size & (size - 1) == 0, size <= maximum else {
            throw .queueLayout("\(size) entries: not a power of two up to \(maximum)")
        }
        let entries = UInt64(size)
        let parts: [(name: String, start: GuestAddress, length: UInt64, alignment: UInt64)] = [
            ("descriptor table", descriptors, VirtQueueDescriptor.size * entries, 16),
            ("available ring", available, 6 + 2 * entries, 2),
            ("used ring", used, 6 + 8 * entries, 4),
        ]
        for part in parts {
            guard part.start.isAligned(to: part.alignment) else {
                throw .queueLayout("\(part.name) at \(part.start): not aligned to \(part.alignment)")
            }
            guard memory.contains(part.start, length: part.length) else {
                throw .queueLayout("\(part.name) at \(part.start): not in guest memory")
            }
        }
    }
}
