import GuestMemory
import MachineMonitor
import Testing

@testable import HardwareMachine

@Suite("the ACPI tables")
struct ACPITablesTests {
    private let start = AddressMap.acpiTables

    /// The table at a guest address, cut at its own length.
    private func table(_ bytes: [UInt8], at address: UInt64) -> [UInt8] {
        let place = Int(address - start.value)
        return Array(bytes[place..<(place + Int(bytes.get(UInt32.self, at: place + 4)))])
    }

    private func signature(_ table: [UInt8]) -> String { String(decoding: table[0..<4], as: UTF8.self) }

    private func sum(_ bytes: [UInt8]) -> UInt8 { bytes.reduce(0, &+) }

    @Test("add up and are found from the root pointer", arguments: [1, 2, 254])
    func found(processors: Int) {
        let bytes = ACPITables.bytes(processors: processors, at: start)
        #expect(String(decoding: bytes[0..<8], as: UTF8.self) == "RSD PTR ")
        #expect(sum(Array(bytes[..<20])) == 0)
        #expect(sum(Array(bytes[..<36])) == 0)
        let list = table(bytes, at: bytes.get(UInt64.self, at: 24))
        #expect(signature(list) == "XSDT")
        #expect(list.count == 36 + 16)
        let fixed = table(bytes, at: list.get(UInt64.self, at: 36))
        let interrupts = table(bytes, at: list.get(UInt64.self, at: 44))
        let description = table(bytes, at: fixed.get(UInt64.self, at: 140))
        #expect([fixed, interrupts, description].map(signature) == ["FACP", "APIC", "DSDT"])
        for table in [list, fixed, interrupts, description] { #expect(sum(table) == 0) }
        #expect(start.value + UInt64(bytes.count) <= AddressMap.kernelStart)
    }

    @Test func tellOfEveryProcessorAndTheInterruptController() {
        let bytes = ACPITables.bytes(processors: 3, at: start)
        let list = table(bytes, at: bytes.get(UInt64.self, at: 24))
        let interrupts = table(bytes, at: list.get(UInt64.self, at: 44))
        #expect(interrupts.get(UInt32.self, at: 36) == 0xfee0_0000)
        for processor in 0..<3 {
            let entry = Array(interrupts[(44 + 8 * processor)..<(52 + 8 * processor)])
            #expect(entry == [0, 8, UInt8(processor), UInt8(processor), 1, 0, 0, 0])
        }
        #expect(Array(interrupts[68...]) == [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0])
    }

    @Test func describeHowToPowerOffAndToReset() {
        let bytes = ACPITables.bytes(processors: 1, at: start)
        let list = table(bytes, at: bytes.get(UInt64.self, at: 24))
        let fixed = table(bytes, at: list.get(UInt64.self, at: 36))
        #expect(fixed.count == 276)
        #expect(fixed.get(UInt32.self, at: 64) == UInt32(AddressMap.powerControl))
        #expect(fixed.get(UInt64.self, at: 120) == UInt64(AddressMap.resetControl))
        // RESET_REG_SUP, and not a machine of reduced hardware, which would have no interrupts for our devices.
        #expect(fixed.get(UInt32.self, at: 112) & (1 << 10) != 0)
        #expect(fixed.get(UInt32.self, at: 112) & (1 << 20) == 0)
        let description = table(bytes, at: fixed.get(UInt64.self, at: 140))
        // Name (_S5, Package () { 5, 5, 0, 0 }), as iasl compiles it.
        #expect(
            Array(description[36...])
                == [0x08, 0x5f, 0x53, 0x35, 0x5f, 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x05, 0x00, 0x00])
    }
}
