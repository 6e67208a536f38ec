import Testing

@testable import HardwareMachine

@Suite("the memory map")
struct MemoryMapTests {
    @Test("covers all memory without overlap", arguments: [16 << 20, 256 << 20, 3 << 30, 3 << 30 + 4096, 64 << 30])
    func covers(size: UInt64) {
        let map = MemoryMap(size: size)
        #expect(map.memory.reduce(0) { $0 + $1.size } == size)
        #expect(map.ranges.reduce(0) { $0 + $1.size } == size)
        for (lower, upper) in zip(map.ranges, map.ranges.dropFirst()) {
            #expect(lower.start + lower.size <= upper.start)
        }
    }

    @Test func leavesTheGapOfTheDevicesFree() {
        let map = MemoryMap(size: 4 << 30)
        #expect(map.memory.map(\.start) == [0, 1 << 32])
        #expect(map.memory.map(\.size) == [3 << 30, 1 << 30])
        for address in [0xd000_0000, UInt64(AddressMap.ioAPIC), UInt64(AddressMap.localAPIC)] {
            #expect(!map.ranges.contains { address >= $0.start && address < $0.start + $0.size })
        }
    }

    @Test func keepsTheKernelFromTheTables() throws {
        let map = MemoryMap(size: 256 << 20)
        let tables = AddressMap.acpiTables.value
        let size = UInt64(ACPITables.bytes(processors: 254, at: AddressMap.acpiTables).count)
        let range = try #require(map.ranges.first { tables >= $0.start && tables + size <= $0.start + $0.size })
        #expect(range.kind == .reserved)
    }
}
