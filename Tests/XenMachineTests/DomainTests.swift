import GuestMemory
import MachineMonitor
import Testing

@testable import XenMachine

@Suite struct DomainTests {
    private static let base: UInt64 = 0xffff_ffff_8000_0000
    private static let size: UInt64 = 64 << 20

    private func notes(_ kinds: [(UInt32, UInt64)]) -> [KernelFile.Note] {
        kinds.map { kind, value in
            var content = [UInt8](repeating: 0, count: 8)
            content.put(value, at: 0)
            return .init(name: "Xen", kind: kind, content: content)
        }
    }

    @Test func refusesAKernelWithoutXenNotes() {
        #expect(throws: MachineError.self) { try KernelNotes([]) }
        #expect(throws: MachineError.self) { try KernelNotes(notes([(1, 5)])) }
        // Too short to hold an address.
        let short = [KernelFile.Note(name: "Xen", kind: 1, content: [1])] + notes([(3, Self.base)])
        #expect(throws: MachineError.self) { try KernelNotes(short) }
    }

    @Test(arguments: [UInt64(0), 0xffff_ffff_8010_0000, 0xffff_8200_0000_0000, .max])
    func refusesAStrangeVirtualBase(_ base: UInt64) {
        #expect(throws: MachineError.self) { try KernelNotes(notes([(1, 5), (3, base)])) }
    }

    @Test func findsEntryAndBase() throws {
        let found = try KernelNotes(notes([(1, 5), (3, Self.base), (2, 9)]))
        #expect(found.entry == 5)
        #expect(found.virtualBase == Self.base)
        #expect(found.hypercallPage == 9)
    }

    @Test func refusesAKernelLargerThanMemory() {
        for end in [UInt64.max, 1 << 40, Self.size, Self.size - 4096] {
            #expect(throws: MachineError.self) {
                try DomainLayout(kernelEnd: end, initialFileSystemSize: 0, memorySize: Self.size)
            }
        }
        #expect(throws: MachineError.self) {
            try DomainLayout(kernelEnd: 16 << 20, initialFileSystemSize: .max, memorySize: Self.size)
        }
    }

    @Test func layoutMapsAllOfIt() throws {
        let layout = try DomainLayout(
            kernelEnd: 16 << 20 + 1, initialFileSystemSize: 5000, memorySize: Self.size)
        #expect(layout.initialFileSystem == 16 << 20 + 4096)
        #expect(layout.stack + 4096 + 512 << 10 <= layout.mappedEnd)
        #expect(layout.mappedEnd % (4 << 20) == 0)
        #expect((layout.pageTableCount - 3) << 21 >= layout.mappedEnd)
    }

    private func built(_ commandLine: String) throws -> (GuestMemory, DomainBuilder.Start, DomainLayout) {
        let memory = try GuestMemory([GuestRegion(.anonymous(size: Self.size), at: GuestAddress(0))])
        let layout = try DomainLayout(kernelEnd: 16 << 20, initialFileSystemSize: 0, memorySize: Self.size)
        let builder = DomainBuilder(
            memory: memory, memorySize: Self.size, layout: layout,
            notes: try KernelNotes(notes([(1, Self.base + 64), (3, Self.base)])), processors: 1)
        return (memory, try builder.build(commandLine: commandLine), layout)
    }

    @Test func tablesMapTheStartInformation() throws {
        let (memory, start, layout) = try built("console=hvc0")
        let kernel = KernelMemory(memory: memory, root: start.root)
        #expect(try kernel.translate(start.information) == layout.startInformation)
        #expect(try kernel.translate(Self.base) == 0)
        #expect(try kernel.translate(start.stack) == layout.stack + 4080)
        #expect(try kernel.read(start.information, count: 14) == Array("xen-3.0-x86_64".utf8))
        #expect(try kernel.read(UInt64.self, at: start.information + 32) == Self.size >> 12)
        #expect(try kernel.read(start.information + 128, count: 13) == Array("console=hvc0\0".utf8))
        #expect(throws: HypercallError.fault) { try kernel.translate(Self.base + layout.mappedEnd) }
    }

    @Test func refusesALongCommandLine() {
        #expect(throws: MachineError.self) { try built(String(repeating: "x", count: 1024)) }
    }

    @Test(arguments: [1, 2, 16]) func configurationTablesSumToZero(_ processors: Int) {
        let pieces = ConfigurationTables.pieces(processors: processors)
        for (_, bytes) in pieces {
            #expect(bytes.reduce(UInt8(0), &+) == 0)
        }
        let pointer = pieces[0].bytes
        #expect(pointer[..<20].reduce(UInt8(0), &+) == 0)
        // Behind the table's head of 44 bytes: eight a processor, and the I/O APIC's twelve.
        #expect(pieces[2].bytes.count == 44 + 8 * processors + 12)
    }
}
