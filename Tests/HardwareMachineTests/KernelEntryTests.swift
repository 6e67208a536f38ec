import CLinux
import LinuxSystem
import MachineMonitor
import Testing

@testable import HardwareMachine

@Suite("the kernel's entry")
struct KernelEntryTests {
    /// An ELF file with one part of 64 bytes at an address, and one note.
    private func kernel(
        loadedAt address: UInt64 = 0x100_0000, note: (name: String, kind: UInt32, content: [UInt8])
    ) throws -> KernelFile {
        var notes = [UInt8](repeating: 0, count: 12)
        notes.put(UInt32(note.name.utf8.count + 1), at: 0)
        notes.put(UInt32(note.content.count), at: 4)
        notes.put(note.kind, at: 8)
        notes += Array(note.name.utf8) + [0]
        while notes.count % 4 != 0 { notes.append(0) }
        notes += note.content
        while notes.count % 4 != 0 { notes.append(0) }
        var file = [UInt8](repeating: 0, count: 64 + 2 * 56 + 64)
        file.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        file.put(UInt16(62), at: 18)
        file.put(UInt64(64), at: 32)
        file.put(UInt16(56), at: 54)
        file.put(UInt16(2), at: 56)
        put(kind: 1, offset: 176, address: address, size: 64, at: 64, in: &file)
        put(kind: 4, offset: 240, address: 0, size: UInt64(notes.count), at: 120, in: &file)
        file += notes
        let descriptor = OwnedDescriptor(owning: linux_memfd_create("kernel", 0))
        try WholeFile.write(file, to: descriptor.number, "kernel")
        return try KernelFile(descriptor.number)
    }

    private func put(kind: UInt32, offset: UInt64, address: UInt64, size: UInt64, at place: Int, in file: inout [UInt8])
    {
        file.put(kind, at: place)
        file.put(offset, at: place + 8)
        file.put(address, at: place + 24)
        file.put(size, at: place + 32)
        file.put(size, at: place + 40)
    }

    private func address<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<Value>.size)
        bytes.put(value, at: 0)
        return bytes
    }

    @Test func isWhatTheNoteSays() throws {
        #expect(try kernel(note: ("Xen", 18, address(UInt32(0x100_0010)))).physicalEntry() == 0x100_0010)
        #expect(try kernel(note: ("Xen", 18, address(UInt64(0x100_003f)))).physicalEntry() == 0x100_003f)
    }

    @Test func isMissingInAKernelWithoutPVH() throws {
        for note in [("Xen", 1, address(UInt64(0x100_0010))), ("GNU", 18, address(UInt64(0x100_0010)))]
            as [(String, UInt32, [UInt8])]
        {
            let file = try kernel(note: note)
            #expect(throws: MachineError.kernel("it has no PVH entry; it must be built with CONFIG_PVH")) {
                try file.physicalEntry()
            }
        }
    }

    @Test("lies within what is loaded", arguments: [0, 0xff_ffff, 0x100_0040, 0x1_0100_0000, .max] as [UInt64])
    func liesWithin(entry: UInt64) throws {
        let file = try kernel(note: ("Xen", 18, address(entry)))
        #expect(throws: MachineError.self) { try file.physicalEntry() }
    }

    @Test func hasFourOrEightBytes() throws {
        for size in [0, 3, 5, 16] {
            let file = try kernel(note: ("Xen", 18, [UInt8](repeating: 0, count: size)))
            #expect(throws: MachineError.self) { try file.physicalEntry() }
        }
    }

    @Test func isRefusedWhereTheKernelWouldOverwriteOurTables() throws {
        let file = try kernel(loadedAt: 0x7000, note: ("Xen", 18, address(UInt32(0x7010))))
        #expect(throws: MachineError.self) { try file.physicalEntry() }
    }
}
