import GuestMemory

/// Which ranges of the guest's physical addresses are memory, and which of these the kernel may use.
struct MemoryMap: Equatable {
    /// A range and its kind (the numbers of ACPI's and the BIOS's e820).
    struct Range: Equatable {
        let start: UInt64
        let size: UInt64
        let kind: Kind
    }

    /// What a range is to the kernel.
    enum Kind: UInt32 {
        case usable = 1
        case reserved = 2
    }

    /// Ranges with memory behind them, by address: as KVM must be told.
    let memory: [(start: UInt64, size: UInt64)]
    /// What the kernel is told, by address.
    let ranges: [Range]

    /// The least memory with which the layout below 1 MB and a kernel make sense.
    static let minimumSize: UInt64 = 16 << 20

    /// Lays out so many bytes: below the gap, then above it.
    ///
    /// - Parameter size: whole pages, at least `minimumSize`.
    init(size: UInt64) {
        let low = min(size, AddressMap.gapStart)
        let high = size - low
        memory = [(0, low)] + (high > 0 ? [(AddressMap.gapEnd, high)] : [])
        ranges =
            [
                Range(start: 0, size: AddressMap.lowMemoryEnd, kind: .usable),
                Range(
                    start: AddressMap.lowMemoryEnd, size: AddressMap.kernelStart - AddressMap.lowMemoryEnd,
                    kind: .reserved),
                Range(start: AddressMap.kernelStart, size: low - AddressMap.kernelStart, kind: .usable),
            ] + (high > 0 ? [Range(start: AddressMap.gapEnd, size: high, kind: .usable)] : [])
    }

    /// Two maps are equal when they have the same ranges.
    static func == (left: MemoryMap, right: MemoryMap) -> Bool { left.ranges == right.ranges }
}
