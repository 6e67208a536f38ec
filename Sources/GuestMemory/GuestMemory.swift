import Synchronization

/// A guest's memory: regions, and checked access to them by guest addresses.
///
/// The guest runs meanwhile and may change every byte at any time. So no pointer and no span to it leaves this target:
/// values are read once, into the caller's own memory, and checked there. The one exception is `GuestVectors`, whose
/// pointers the kernel gets within a system call.
///
/// Safe to use from several threads at once: the regions never change, and what the bytes are is the guest's affair.
public final class GuestMemory: Sendable {
    /// The regions by rising address; no two overlap.
    public let regions: [GuestRegion]

    /// Makes a guest's memory of regions in any order.
    public init(_ regions: [GuestRegion]) throws(GuestMemoryError) {
        let sorted = regions.sorted { $0.start < $1.start }
        for (lower, upper) in zip(sorted, sorted.dropFirst()) {
            guard upper.start.value - lower.start.value >= lower.size else { throw .overlap(lower.start, upper.start) }
        }
        self.regions = sorted
    }

    /// All regions' bytes.
    public var size: UInt64 { regions.reduce(0) { $0 + $1.size } }

    /// Whether `length` bytes from an address lie in one region. Nothing lies anywhere: a length of zero is true only for
    /// an address within a region or at its end.
    public func contains(_ address: GuestAddress, length: UInt64) -> Bool { region(address, length) != nil }

    /// The region that holds a range whole, and the range's offset in it.
    @inlinable
    func region(_ address: GuestAddress, _ length: UInt64) -> (region: GuestRegion, offset: UInt64)? {
        for region in regions where address >= region.start {
            let offset = address.value - region.start.value
            // Without a sum that could overflow: the offset first, then what is left behind it.
            if offset <= region.size, length <= region.size - offset { return (region, offset) }
        }
        return nil
    }

    /// A pointer to `length` bytes, all of them within one mapping of ours. It is valid while this object lives; callers
    /// in this target keep it no longer than a call.
    @inlinable
    func pointer(_ address: GuestAddress, _ length: UInt64) throws(GuestMemoryError) -> UnsafeMutableRawPointer {
        guard let (region, offset) = region(address, length) else { throw .outside(address, length: length) }
        return unsafe region.mapping.base + Int(offset)
    }
}
