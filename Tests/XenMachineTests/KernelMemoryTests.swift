import GuestMemory
import Testing

@testable import XenMachine

@Suite struct KernelMemoryTests {
    private let memory: GuestMemory

    init() throws {
        memory = try GuestMemory([GuestRegion(.anonymous(size: 2 << 20), at: GuestAddress(0))])
    }

    private func put(_ value: UInt64, _ table: UInt64, _ index: UInt64) throws {
        try memory.write(value, at: GuestAddress(table + 8 * index))
    }

    /// Root 0x1000, tables 0x2000 to 0x4000; address 0 and its next page are pages 0x5000 and 0x9000.
    private func mapped() throws -> KernelMemory {
        try put(0x2003, 0x1000, 0)
        try put(0x3003, 0x2000, 0)
        try put(0x4003, 0x3000, 0)
        try put(0x5003, 0x4000, 0)
        try put(0x9003, 0x4000, 1)
        return KernelMemory(memory: memory, root: 0x1000)
    }

    @Test func readsAndWritesAcrossPages() throws {
        let kernel = try mapped()
        try kernel.write([1, 2, 3, 4], at: 0xffe)
        #expect(try kernel.read(0xffe, count: 4) == [1, 2, 3, 4])
        #expect(try memory.bytes(at: GuestAddress(0x9000), count: 2) == [3, 4])
    }

    @Test func refusesWhatIsNotMapped() throws {
        let kernel = try mapped()
        #expect(throws: HypercallError.fault) { try kernel.read(0x1ffe, count: 4) }
        #expect(throws: HypercallError.fault) { try kernel.read(UInt64.max - 1, count: 4) }
    }

    @Test func followsLargePages() throws {
        try put(0x2003, 0x1000, 0)
        try put(0x3003, 0x2000, 0)
        try put(0x83, 0x3000, 0)
        let kernel = KernelMemory(memory: memory, root: 0x1000)
        #expect(try kernel.translate(0x12345) == 0x12345)
    }

    @Test(arguments: [UInt64(0xffff_ffff_ffff_f003), 0x20_0003, 0x1_0000_0003])
    func refusesTablesOutsideOfMemory(_ entry: UInt64) throws {
        _ = try mapped()
        try put(entry, 0x1000, 0)
        let kernel = KernelMemory(memory: memory, root: 0x1000)
        #expect(throws: HypercallError.fault) { try kernel.translate(0) }
        #expect(throws: HypercallError.fault) { try KernelMemory(memory: memory, root: entry).translate(0) }
    }

    @Test func tablesThatPointAtThemselvesEnd() throws {
        try put(0x1003, 0x1000, 0)
        #expect(try KernelMemory(memory: memory, root: 0x1000).translate(7) == 0x1007)
    }

    @Test func pagesOutsideOfMemoryAreFaults() throws {
        let kernel = try mapped()
        try put(0x7fff_ffff_f003, 0x4000, 0)
        #expect(throws: HypercallError.fault) { try kernel.read(0, count: 8) }
        #expect(throws: HypercallError.fault) { try kernel.write(UInt64(1), at: 0) }
    }
}
