import MachineMonitor

extension KernelFile {
    /// Xen's number for the note with the 32-bit entry (xen/include/public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY).
    private static let physicalEntryNote: UInt32 = 18

    /// Where a kernel with PVH support starts in 32-bit protected mode.
    func physicalEntry() throws(MachineError) -> UInt64 {
        guard let note = notes.first(where: { $0.name == "Xen" && $0.kind == Self.physicalEntryNote }) else {
            throw .kernel("it has no PVH entry; it must be built with CONFIG_PVH")
        }
        let entry: UInt64
        switch note.content.count {
        case 4: entry = UInt64(note.content.get(UInt32.self, at: 0))
        case 8: entry = note.content.get(UInt64.self, at: 0)
        case let size: throw .kernel("its PVH entry has \(size) bytes")
        }
        let isLoaded = segments.contains { entry >= $0.address && entry - $0.address < $0.fileSize }
        guard isLoaded, entry <= UInt64(UInt32.max) else {
            throw .kernel("its PVH entry 0x\(String(entry, radix: 16)) is outside of what is loaded")
        }
        guard segments.allSatisfy({ $0.address >= AddressMap.kernelStart }) else {
            throw .kernel("a part of it is to be loaded below 1 MB")
        }
        return entry
    }
}
