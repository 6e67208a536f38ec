import MachineMonitor

/// The few ACPI tables that an initial domain needs: a local APIC a processor and one I/O APIC, by which the kernel numbers the
/// interrupts of virtio devices (ACPI specification 6.5, 5.2.5, 5.2.8, 5.2.12). The guest never reaches the controllers:
/// interrupts are event channels.
enum ConfigurationTables {
    /// Where the pointer to the tables lies: the first place that a kernel looks at, in memory that is no RAM.
    private static let pointer: UInt64 = 0xe0000
    private static let root: UInt64 = 0xe0100
    private static let controllers: UInt64 = 0xe0200
    private static let local: UInt32 = 0xfee0_0000
    private static let inputOutput: UInt32 = 0xfec0_0000

    /// Addresses and what goes there.
    static func pieces(processors: Int) -> [(address: UInt64, bytes: [UInt8])] {
        [(pointer, pointerTable), (root, rootTable), (controllers, controllerTable(processors))]
    }

    private static var pointerTable: [UInt8] {
        var table = [UInt8](repeating: 0, count: 36)
        table.put("RSD PTR ", at: 0)
        table.put("HULL  ", at: 9)
        table[15] = 2
        table.put(UInt32(36), at: 20)
        table.put(root, at: 24)
        table[8] = checksum(table[..<20])
        table[32] = checksum(table[...])
        return table
    }

    private static var rootTable: [UInt8] {
        var content = [UInt8](repeating: 0, count: 8)
        content.put(controllers, at: 0)
        return table("XSDT", content)
    }

    private static func controllerTable(_ processors: Int) -> [UInt8] {
        let ioAPIC = 8 + 8 * processors
        var content = [UInt8](repeating: 0, count: ioAPIC + 12)
        content.put(local, at: 0)
        // PCAT_COMPAT: there are 8259s, to be masked. Interrupts 0 to 15 are edges from them.
        content.put(UInt32(1), at: 4)
        // Local APICs: processor, identity, enabled.
        for processor in 0..<processors {
            let place = 8 + 8 * processor
            content.put(UInt8(8), at: place + 1)
            content.put(UInt8(processor), at: place + 2)
            content.put(UInt8(processor), at: place + 3)
            content.put(UInt32(1), at: place + 4)
        }
        // An I/O APIC: an identity that no processor has, interrupts from 0.
        content.put(UInt8(1), at: ioAPIC)
        content.put(UInt8(12), at: ioAPIC + 1)
        content.put(UInt8(processors), at: ioAPIC + 2)
        content.put(inputOutput, at: ioAPIC + 4)
        return table("APIC", content)
    }

    private static func table(_ signature: String, _ content: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: 0, count: 36) + content
        table.put(signature, at: 0)
        table.put(UInt32(table.count), at: 4)
        table[8] = 1
        table.put("HULL  HULLVMM ", at: 10)
        table.put(UInt32(1), at: 24)
        table.put("HULL", at: 28)
        table.put(UInt32(1), at: 32)
        table[9] = checksum(table[...])
        return table
    }

    /// What makes the sum of all bytes zero.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt8 { 0 &- bytes.reduce(0, &+) }
}
