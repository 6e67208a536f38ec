import MachineMonitor

/// What a kernel's ELF notes say about starting it in ring 3 (Xen's public header elfnote.h).
struct KernelNotes: Equatable {
    /// Where its first instruction is: a virtual address.
    let entry: UInt64
    /// The virtual address of physical address zero.
    let virtualBase: UInt64
    /// The page of hypercalls that kernels before 6.12 want filled; a virtual address.
    let hypercallPage: UInt64?

    private enum Kind: UInt32 {
        case entry = 1
        case hypercallPage = 2
        case virtualBase = 3
        case guestSystem = 6
    }

    /// Finds the notes, or says why the kernel cannot be started this way.
    init(_ notes: [KernelFile.Note]) throws(MachineError) {
        func value(_ kind: Kind) -> UInt64? {
            let note = notes.first { $0.name == "Xen" && $0.kind == kind.rawValue && $0.content.count >= 8 }
            return note?.content.get(UInt64.self, at: 0)
        }
        guard let entry = value(.entry), let base = value(.virtualBase) else {
            throw .kernel(
                "it was built without CONFIG_XEN_PV, which this host's KVM needs; Kernels/build makes one that has it")
        }
        // The tables that are made for its start map one gigabyte from here.
        guard base & (1 << 30 - 1) == 0, base >= 0xffff_8800_0000_0000 else {
            throw .kernel("its virtual base 0x\(String(base, radix: 16)) is not supported")
        }
        self.entry = entry
        virtualBase = base
        hypercallPage = value(.hypercallPage)
    }
}
