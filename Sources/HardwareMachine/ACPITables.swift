import GuestMemory
import MachineMonitor

/// The ACPI tables of the machine (ACPI specification 6.5, chapter 5): which processors and interrupt controllers there
/// are (MADT), and how to power off and to reset (FADT, and a DSDT with the one object that power-off needs). Devices
/// are not in them: they are named on the command line.
enum ACPITables {
    /// The tables, to be written at `start`; the root pointer (RSDP) comes first.
    static func bytes(processors: Int, at start: GuestAddress) -> [UInt8] {
        // 16-byte steps keep every table's fields aligned.
        let rootSize = 48
        var bytes = [UInt8](repeating: 0, count: rootSize)
        func place(_ table: [UInt8]) -> UInt64 {
            while bytes.count % 16 != 0 { bytes.append(0) }
            let address = start.value + UInt64(bytes.count)
            bytes += table
            return address
        }
        let description = place(differentiatedDescription)
        let fixed = place(fixedDescription(differentiatedDescription: description))
        let interrupts = place(interruptControllers(processors: processors))
        var pointers = [UInt8](repeating: 0, count: 16)
        pointers.put(fixed, at: 0)
        pointers.put(interrupts, at: 8)
        let list = place(table("XSDT", revision: 1, pointers))
        bytes.replaceSubrange(0..<36, with: rootPointer(list: list))
        return bytes
    }

    private static func rootPointer(list: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 36)
        bytes.put("RSD PTR ", at: 0)
        bytes.put(manufacturer, at: 9)
        bytes[15] = 2
        bytes.put(UInt32(36), at: 20)
        bytes.put(list, at: 24)
        // The first sum is over the structure of ACPI 1.0, the second over all.
        bytes[8] = checksum(bytes[..<20])
        bytes[32] = checksum(bytes[...])
        return bytes
    }

    /// Everything below `\`: the sleep type of soft-off, `Name (\_S5, Package () { 5, 5, 0, 0 })`.
    private static var differentiatedDescription: [UInt8] {
        let sleepType: [UInt8] = [0x0a, PowerControl.sleepType]
        let zero: [UInt8] = [0x00]
        let elements = sleepType + sleepType + zero + zero
        let name: [UInt8] = [0x08] + Array("_S5_".utf8)
        return table("DSDT", revision: 2, name + [0x12, UInt8(elements.count + 2), 4] + elements)
    }

    private static func fixedDescription(differentiatedDescription: UInt64) -> [UInt8] {
        // Offsets count from the table's start, as in the specification's table 5.9; the header is 36 bytes.
        var body = [UInt8](repeating: 0, count: 276 - headerSize)
        func set<Value: FixedWidthInteger>(_ offset: Int, _ value: Value) { body.put(value, at: offset - headerSize) }
        func setPort(_ offset: Int, _ port: UInt16, bits: UInt8) {
            // Generic address: system I/O, width, no bit offset, any access size, address.
            set(offset, UInt8(1))
            set(offset + 1, bits)
            set(offset + 4, UInt64(port))
        }
        set(40, UInt32(differentiatedDescription))
        set(46, AddressMap.powerInterrupt)
        set(56, UInt32(AddressMap.powerEvents))
        set(64, UInt32(AddressMap.powerControl))
        set(88, UInt8(4))
        set(89, UInt8(2))
        // No VGA, no clock in CMOS; the bit of a keyboard controller stays off.
        set(109, UInt16(1 << 2 | 1 << 5))
        // WBINVD works; power and sleep button are no fixed hardware; the reset register is there.
        set(112, UInt32(1 << 0 | 1 << 4 | 1 << 5 | 1 << 10))
        setPort(116, AddressMap.resetControl, bits: 8)
        set(128, PowerControl.resetValue)
        set(131, UInt8(5))
        set(140, differentiatedDescription)
        setPort(148, AddressMap.powerEvents, bits: 32)
        setPort(172, AddressMap.powerControl, bits: 16)
        return table("FACP", revision: 6, body)
    }

    /// A local APIC for each processor, its number being its identifier, and the I/O APIC whose pin N is interrupt N.
    private static func interruptControllers(processors: Int) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: 8 + 8 * processors + 12)
        body.put(AddressMap.localAPIC, at: 0)
        // A PC's two 8259 are there too (PCAT_COMPAT).
        body.put(UInt32(1), at: 4)
        for processor in 0..<processors {
            // Local APIC: type 0, 8 bytes, processor, identifier, enabled.
            let place = 8 + 8 * processor
            body.replaceSubrange(place..<(place + 4), with: [0, 8, UInt8(processor), UInt8(processor)])
            body.put(UInt32(1), at: place + 4)
        }
        // I/O APIC: type 1, 12 bytes, identifier 0, address, first interrupt 0.
        let place = body.count - 12
        body.replaceSubrange(place..<(place + 2), with: [1, 12])
        body.put(AddressMap.ioAPIC, at: place + 4)
        return table("APIC", revision: 4, body)
    }

    private static let headerSize = 36
    private static let manufacturer = "HULL  "

    /// A table's header with its length and checksum, and its body.
    private static func table(_ signature: String, revision: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerSize)
        bytes.put(signature, at: 0)
        bytes.put(UInt32(headerSize + body.count), at: 4)
        bytes[8] = revision
        bytes.put(manufacturer, at: 10)
        bytes.put("MICROVM ", at: 16)
        bytes.put(UInt32(1), at: 24)
        bytes.put("HULL", at: 28)
        bytes.put(UInt32(1), at: 32)
        bytes += body
        bytes[9] = checksum(bytes[...])
        return bytes
    }

    /// The byte that makes the sum of all zero.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt8 {
        0 &- bytes.reduce(0, &+)
    }
}
