import CKVM

/// What a guest is shown of CPUID: what KVM supports, without what a guest of ours has no use for, and with its own
/// place among the machine's processors.
///
/// Leaves that are not listed are left out, so what a newer host adds is shown only once it is listed here.
struct CPUIDFilter {
    /// How many processors the machine has.
    let processors: UInt32

    /// The table for one processor.
    ///
    /// - Parameter supported: what KVM_GET_SUPPORTED_CPUID says.
    func table(_ supported: [kvm_cpuid_entry2], processor: UInt32) -> [kvm_cpuid_entry2] {
        var table = supported.filter { Self.shownLeaves.contains($0.function) }
        for index in table.indices { adjust(&table[index], processor) }
        return table + topology(processor)
    }

    // Intel's manual, volume 2A, CPUID, and AMD's, volume 3, appendix E, name the leaves.
    private static let shownLeaves: Set<UInt32> = [
        0x0, 0x1, 0x2, 0x4, 0x6, 0x7, 0xd, 0x15, 0x16, 0x19, 0x1d, 0x1e, 0x24,
        hypervisorLeaf, hypervisorLeaf + 1,
        0x8000_0000, 0x8000_0001, 0x8000_0002, 0x8000_0003, 0x8000_0004, 0x8000_0005, 0x8000_0006, 0x8000_0007,
        0x8000_0008, 0x8000_0021,
    ]
    private static let hypervisorLeaf: UInt32 = 0x4000_0000
    private static let topologyLeaf: UInt32 = 0xb

    /// Bits of a processor's number that tell it from the others.
    private var numberBits: UInt32 { processors <= 1 ? 0 : UInt32(32 - (processors - 1).leadingZeroBitCount) }

    private func adjust(_ entry: inout kvm_cpuid_entry2, _ processor: UInt32) {
        switch entry.function {
        case 0x0:
            // The leaf of the topology, which is ours, must be within the range.
            entry.eax = max(entry.eax, Self.topologyLeaf)
        case 0x1:
            // No MONITOR (3), VMX (5), SMX (6), EIST (7), TM2 (8), PDCM (15), DCA (18). A timer with deadline (24), on which
            // the guest's clock events rest, and a hypervisor (31).
            entry.ecx = entry.ecx & ~bits(3, 5, 6, 7, 8, 15, 18) | bits(24, 31)
            // Several processors in the package (28).
            entry.edx = processors > 1 ? entry.edx | bits(28) : entry.edx & ~bits(28)
            entry.ebx = entry.ebx & 0xffff | min(1 << numberBits, 255) << 16 | processor << 24
        case 0x4:
            // Caches of the first two levels belong to one processor, the third to all.
            let level = entry.eax >> 5 & 0x7
            let sharing: UInt32 = level >= 3 ? (1 << numberBits) - 1 : 0
            let cores: UInt32 = min((1 << numberBits) - 1, 63)
            if entry.eax & 0x1f != 0 { entry.eax = entry.eax & 0x3fff | min(sharing, 4095) << 14 | cores << 26 }
        case 0x6:
            // Only that the timer goes on in every power state.
            entry = kvm_cpuid_entry2(leafOf: entry, eax: entry.eax & bits(2))
        case Self.hypervisorLeaf:
            entry.eax = Self.hypervisorLeaf + 1
        case Self.hypervisorLeaf + 1:
            entry.eax &= Self.paravirtualFeatures
            entry.edx = 0
        case 0x8000_0001:
            // No SVM (2), extended APIC space (3), OSVW (9), IBS (10), SKINIT (12), watchdog (13), LWP (15), topology extensions
            // (22: ours is leaf 0xb), performance counters (23, 24, 28).
            entry.ecx &= ~bits(2, 3, 9, 10, 12, 13, 15, 22, 23, 24, 28)
        case 0x8000_0008:
            entry.ecx = entry.ecx & ~0xf0ff | processors - 1 | numberBits << 12
        default: break
        }
    }

    /// What KVM offers its guests beyond the processor (Documentation/virt/kvm/x86/cpuid.rst): both clocks (0, 3) and
    /// their stability (24), no delay for ports (1), page faults that the host serves meanwhile (4, 14), stolen time (5),
    /// interrupt ends without an exit (6), spinlocks that sleep (7), flushes and yields for processors that do not run
    /// (9, 11, 13), several interrupts to processors by one call (11).
    private static let paravirtualFeatures: UInt32 = bits(0, 1, 3, 4, 5, 6, 7, 9, 11, 13, 14, 24)

    /// One thread a core, all cores in one package.
    private func topology(_ processor: UInt32) -> [kvm_cpuid_entry2] {
        let levels: [(shift: UInt32, count: UInt32, kind: UInt32)] = [
            (0, 1, 1), (numberBits, processors, 2), (0, 0, 0),
        ]
        return levels.enumerated().map { place, level in
            var entry = kvm_cpuid_entry2()
            entry.function = Self.topologyLeaf
            entry.index = UInt32(place)
            entry.flags = UInt32(KVM_CPUID_FLAG_SIGNIFCANT_INDEX)
            entry.eax = level.shift
            entry.ebx = level.count
            entry.ecx = UInt32(place) | level.kind << 8
            entry.edx = processor
            return entry
        }
    }
}

/// A number with these bits set.
private func bits(_ places: UInt32...) -> UInt32 { places.reduce(0) { $0 | 1 << $1 } }

extension kvm_cpuid_entry2 {
    /// The same leaf with one register and nothing else.
    fileprivate init(leafOf entry: kvm_cpuid_entry2, eax: UInt32) {
        self.init()
        function = entry.function
        index = entry.index
        flags = entry.flags
        self.eax = eax
    }
}
