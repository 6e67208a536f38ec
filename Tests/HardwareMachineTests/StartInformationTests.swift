import GuestMemory
import MachineMonitor
import Testing

@testable import HardwareMachine

@Suite("the start information")
struct StartInformationTests {
    private static func information(_ initramfs: (start: GuestAddress, size: UInt64)?) -> StartInformation {
        StartInformation(
            initramfs: initramfs, commandLine: AddressMap.commandLine, acpiRoot: AddressMap.acpiTables,
            memoryMap: MemoryMap(size: 4 << 30))
    }

    @Test func hasTheLayoutOfVersionOne() {
        let bytes = Self.information(nil).header
        #expect(bytes.count == 56)
        #expect(bytes.get(UInt32.self, at: 0) == 0x336e_c578)
        #expect(bytes.get(UInt32.self, at: 4) == 1)
        #expect(bytes.get(UInt32.self, at: 12) == 0)
        #expect(bytes.get(UInt64.self, at: 16) == 0)
        #expect(bytes.get(UInt64.self, at: 24) == AddressMap.commandLine.value)
        #expect(bytes.get(UInt64.self, at: 32) == AddressMap.acpiTables.value)
        #expect(bytes.get(UInt64.self, at: 40) == AddressMap.memoryMap.value)
        #expect(bytes.get(UInt32.self, at: 48) == 4)
    }

    @Test func namesTheInitramfsAsTheOnlyModule() {
        let information = Self.information((GuestAddress(0x123_4000), 5000))
        #expect(information.header.get(UInt32.self, at: 12) == 1)
        #expect(information.header.get(UInt64.self, at: 16) == AddressMap.moduleList.value)
        #expect(information.modules.get(UInt64.self, at: 0) == 0x123_4000)
        #expect(information.modules.get(UInt64.self, at: 8) == 5000)
        #expect(information.modules.count == 32)
    }

    @Test func listsTheMemory() {
        let table = Self.information(nil).memoryMapTable
        #expect(table.count == 4 * 24)
        #expect(table.get(UInt64.self, at: 24) == 0xa0000)
        #expect(table.get(UInt64.self, at: 32) == 0x60000)
        #expect(table.get(UInt32.self, at: 40) == 2)
        #expect(table.get(UInt64.self, at: 72) == 1 << 32)
        #expect(table.get(UInt64.self, at: 80) == 1 << 30)
        #expect(table.get(UInt32.self, at: 88) == 1)
    }

    @Test func partsDoNotReachIntoEachOther() throws {
        let memory = try HardwareMachine.makeMemory(16 << 20)
        let information = Self.information((GuestAddress(0x123_4000), 5000))
        try information.write(to: memory)
        #expect(try memory.bytes(at: AddressMap.startInformation, count: 56) == information.header)
        #expect(try memory.bytes(at: AddressMap.moduleList, count: 32) == information.modules)
        #expect(try memory.bytes(at: AddressMap.memoryMap, count: 96) == information.memoryMapTable)
        #expect(AddressMap.commandLine.value + UInt64(AddressMap.commandLineSize) <= AddressMap.lowMemoryEnd)
    }
}
