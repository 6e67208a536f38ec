import GuestMemory
import MachineMonitor

/// What a kernel that is entered by PVH finds at the address in EBX: `struct hvm_start_info` of version 1, with its list
/// of modules and its memory map (xen/include/public/arch-x86/hvm/start_info.h).
struct StartInformation {
    /// Where the initramfs is; nil without one.
    var initramfs: (start: GuestAddress, size: UInt64)?
    var commandLine: GuestAddress
    /// ACPI's root pointer.
    var acpiRoot: GuestAddress
    var memoryMap: MemoryMap

    private static let magic: UInt32 = 0x336e_c578
    private static let version: UInt32 = 1

    /// The structure itself.
    var header: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 56)
        bytes.put(Self.magic, at: 0)
        bytes.put(Self.version, at: 4)
        bytes.put(UInt32(initramfs == nil ? 0 : 1), at: 12)
        bytes.put(initramfs == nil ? 0 : AddressMap.moduleList.value, at: 16)
        bytes.put(commandLine.value, at: 24)
        bytes.put(acpiRoot.value, at: 32)
        bytes.put(AddressMap.memoryMap.value, at: 40)
        bytes.put(UInt32(memoryMap.ranges.count), at: 48)
        return bytes
    }

    /// `struct hvm_modlist_entry` of the initramfs, without a command line of its own; empty without an initramfs.
    var modules: [UInt8] {
        guard let initramfs else { return [] }
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes.put(initramfs.start.value, at: 0)
        bytes.put(initramfs.size, at: 8)
        return bytes
    }

    /// `struct hvm_memmap_table_entry` of each range.
    var memoryMapTable: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 24 * memoryMap.ranges.count)
        for (index, range) in memoryMap.ranges.enumerated() {
            bytes.put(range.start, at: 24 * index)
            bytes.put(range.size, at: 24 * index + 8)
            bytes.put(range.kind.rawValue, at: 24 * index + 16)
        }
        return bytes
    }

    /// Puts all three where they refer to each other.
    func write(to memory: GuestMemory) throws(GuestMemoryError) {
        try memory.write(header, at: AddressMap.startInformation)
        try memory.write(modules, at: AddressMap.moduleList)
        try memory.write(memoryMapTable, at: AddressMap.memoryMap)
    }
}
