import GuestMemory
import Synchronization

/// The device's side of a split queue. It takes chains that the driver made available and gives them back used.
///
/// The driver may write anything into the rings at any time. Every index is read once and checked; what is wrong throws
/// an error, after which the device needs a reset.
public final class VirtQueue {
    let memory: GuestMemory
    let layout: QueueLayout
    private let usesIndirect: Bool
    private let usesEventIndex: Bool

    /// The available ring's position that is taken next. Both run through all 16-bit values.
    private(set) var nextAvailable: UInt16 = 0
    /// The used ring's position that is filled next.
    private(set) var nextUsed: UInt16 = 0
    /// `nextUsed` when the driver was last told, or was found not to want it.
    private var announcedUsed: UInt16 = 0
    /// The available index as last read: chains before it are there.
    private var knownAvailable: UInt16 = 0
    /// How many chains may still be taken before others get their turn.
    private var budget: UInt16 = 0
    /// Whether the budget ended while there was more to take.
    private(set) var hasMore = false

    /// The chain that was taken last.
    public private(set) var chain: DescriptorChain
    /// Room for a list of ranges, for whoever serves the queue.
    public var vectors: GuestVectors

    /// Takes over a queue that the driver has laid out.
    init(
        _ layout: QueueLayout, maximum: UInt16, features: FeatureBits, memory: GuestMemory
    ) throws(VirtioError) {
        try layout.check(maximum: maximum, in: memory)
        self.memory = memory
        self.layout = layout
        usesIndirect = features.contains(.indirectDescriptors)
        usesEventIndex = features.contains(.eventIndex)
        chain = DescriptorChain(memory)
        vectors = GuestVectors(memory)
    }

    /// Goes on where another queue with this layout stopped.
    func resume(available: UInt16, used: UInt16) {
        nextAvailable = available
        knownAvailable = available
        nextUsed = used
        announcedUsed = used
    }

    /// Begins a turn: at most as many chains as the queue has entries are taken in it, so that a driver that never stops
    /// cannot keep the thread.
    func beginTurn() {
        budget = layout.size
        hasMore = false
    }

    /// Takes the next chain, which is then in `chain`. Where there is none the driver is asked to tell when there is.
    ///
    /// - Returns: whether there was one.
    public func next() throws(VirtioError) -> Bool {
        guard try hasAvailable() else { return false }
        guard budget > 0 else {
            hasMore = true
            return false
        }
        budget -= 1
        let slot = UInt64(nextAvailable & (layout.size - 1))
        let head = try read(UInt16.self, layout.available, 4 + 2 * slot)
        try walk(from: head)
        nextAvailable &+= 1
        return true
    }

    /// Puts the chain that was taken last back: it is the next one again.
    public func putBack() {
        nextAvailable &-= 1
        budget += 1
    }

    /// Whether the driver has made a chain available that was not taken yet.
    private func hasAvailable() throws(VirtioError) -> Bool {
        if nextAvailable != knownAvailable { return true }
        if try readAvailableIndex() { return true }
        if usesEventIndex {
            try write(nextAvailable, layout.used, 4 + 8 * UInt64(layout.size))
            // The driver reads the event after it has written its index; we do it the other way round. Between the two there
            // must be a barrier on both sides, or both miss each other.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            return try readAvailableIndex()
        }
        return false
    }

    private func readAvailableIndex() throws(VirtioError) -> Bool {
        // The load acquires: ring entries and descriptors that the driver wrote before are seen.
        let index = try read(UInt16.self, layout.available, 2)
        guard index &- nextAvailable <= layout.size else {
            throw .availableIndexJump(from: nextAvailable, to: index, size: layout.size)
        }
        knownAvailable = index
        return index != nextAvailable
    }

    /// Gives the chain that was taken last back to the driver.
    ///
    /// - Parameter written: bytes that the device wrote, from the first writable one on.
    public func complete(written: UInt64) throws(VirtioError) {
        try complete(head: chain.head, written: written)
    }

    /// Gives a chain back by its head, after it was kept for a while.
    func complete(head: UInt16, written: UInt64) throws(VirtioError) {
        let slot = UInt64(nextUsed & (layout.size - 1))
        try write(UInt32(head), layout.used, 4 + 8 * slot)
        try write(UInt32(clamping: written), layout.used, 8 + 8 * slot)
        nextUsed &+= 1
        // The store releases: the entry, and all that the device wrote, are seen before the index.
        try write(nextUsed, layout.used, 2)
    }

    /// Whether the driver wants to be told of chains that were used since this was last asked.
    func takeNotification() throws(VirtioError) -> Bool {
        let old = announcedUsed
        if old == nextUsed { return false }
        announcedUsed = nextUsed
        // As in `hasAvailable`: our index before the driver's wish.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if usesEventIndex {
            // Whether the index passed the event on its way (vring_need_event of linux/virtio_ring.h).
            let event = try read(UInt16.self, layout.available, 4 + 2 * UInt64(layout.size))
            return nextUsed &- event &- 1 < nextUsed &- old
        }
        let flags = try read(UInt16.self, layout.available, 0)
        return flags & Self.noInterrupt == 0
    }

    /// VIRTQ_AVAIL_F_NO_INTERRUPT.
    private static let noInterrupt: UInt16 = 1

    private func read<Value: GuestInteger>(
        _ type: Value.Type, _ part: GuestAddress, _ offset: UInt64
    ) throws(VirtioError) -> Value {
        do throws(GuestMemoryError) {
            return try memory.read(type, at: GuestAddress(part.value &+ offset))
        } catch {
            throw .memory(error)
        }
    }

    private func write(_ value: some GuestInteger, _ part: GuestAddress, _ offset: UInt64) throws(VirtioError) {
        do throws(GuestMemoryError) {
            try memory.write(value, at: GuestAddress(part.value &+ offset))
        } catch {
            throw .memory(error)
        }
    }
}

// MARK: - Walking a chain

extension VirtQueue {
    /// Fills `chain` with the ranges of the chain that begins at an entry of the table.
    private func walk(from head: UInt16) throws(VirtioError) {
        chain.clear(head: head)
        var index = head
        // A chain has at most as many entries as the queue; one that loops has more.
        for step in UInt16(0)..<layout.size {
            let descriptor = try descriptor(table: layout.descriptors, index, size: layout.size)
            if descriptor.flags.contains(.indirect) {
                guard !descriptor.flags.contains(.next) else { throw .indirectWithNext }
                return try walkTable(descriptor, limit: layout.size - step)
            }
            try chain.append(
                descriptor.address, length: descriptor.length, isWritable: descriptor.flags.contains(.write))
            guard descriptor.flags.contains(.next) else { return }
            index = descriptor.next
        }
        throw .chainTooLong(limit: layout.size)
    }

    /// Goes on with the table that an entry refers to.
    private func walkTable(
        _ reference: VirtQueueDescriptor, limit: UInt16
    ) throws(VirtioError) {
        guard usesIndirect else { throw .indirectNotNegotiated }
        let entrySize = UInt32(VirtQueueDescriptor.size)
        let count = reference.length / entrySize
        // More entries than 16 bits can name serve nobody.
        guard count > 0, reference.length % entrySize == 0, count <= UInt32(UInt16.max) else {
            throw .indirectTableLength(reference.length)
        }
        guard memory.contains(reference.address, length: UInt64(reference.length)) else {
            throw .memory(.outside(reference.address, length: UInt64(reference.length)))
        }
        var index: UInt16 = 0
        for _ in 0..<limit {
            let descriptor = try descriptor(table: reference.address, index, size: UInt16(count))
            guard !descriptor.flags.contains(.indirect) else { throw .nestedIndirect }
            try chain.append(
                descriptor.address, length: descriptor.length, isWritable: descriptor.flags.contains(.write))
            guard descriptor.flags.contains(.next) else { return }
            index = descriptor.next
        }
        throw .chainTooLong(limit: layout.size)
    }

    private func descriptor(
        table: GuestAddress, _ index: UInt16, size: UInt16
    ) throws(VirtioError) -> VirtQueueDescriptor {
        guard index < size else { throw .descriptorOutOfRange(index, size: size) }
        do throws(GuestMemoryError) {
            return try VirtQueueDescriptor(memory, table: table, index: index)
        } catch {
            throw .memory(error)
        }
    }
}
