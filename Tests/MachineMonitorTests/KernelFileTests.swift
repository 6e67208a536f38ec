import Glibc
import GuestMemory
import Testing

@testable import MachineMonitor

/// An ELF file made for a test.
struct ImageFile {
    var bytes = [UInt8](repeating: 0, count: 4096)

    /// A file with one segment of `content` and one note.
    init(
        address: UInt64 = 0x10_0000, content: [UInt8] = [1, 2, 3], memorySize: UInt64 = 8, note: [UInt8] = [7, 0, 0, 0]
    ) {
        bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        bytes.put(UInt16(62), at: 18)
        bytes.put(UInt64(0x1234), at: 24)
        bytes.put(UInt64(64), at: 32)
        bytes.put(UInt16(56), at: 54)
        bytes.put(UInt16(2), at: 56)
        header(0, kind: 1, offset: 1024, address: address, size: UInt64(content.count), memorySize: memorySize)
        bytes.replaceSubrange(1024..<(1024 + content.count), with: content)
        header(1, kind: 4, offset: 2048, address: 0, size: UInt64(16 + note.count), memorySize: 0)
        bytes.put(UInt32(4), at: 2048)
        bytes.put(UInt32(note.count), at: 2052)
        bytes.put(UInt32(3), at: 2056)
        bytes.put("Xen", at: 2060)
        bytes.replaceSubrange(2064..<(2064 + note.count), with: note)
    }

    mutating func header(
        _ index: Int, kind: UInt32, offset: UInt64, address: UInt64, size: UInt64, memorySize: UInt64
    ) {
        let place = 64 + 56 * index
        bytes.put(kind, at: place)
        bytes.put(offset, at: place + 8)
        bytes.put(address, at: place + 24)
        bytes.put(size, at: place + 32)
        bytes.put(memorySize, at: place + 40)
    }

    /// Runs a body with the file's descriptor.
    func opened<Value>(_ body: (CInt) throws -> Value) throws -> Value {
        var name = Array("/tmp/hull-kernel-test-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        try #require(file >= 0)
        defer { close(file) }
        unlink(name)
        try #require(write(file, bytes, bytes.count) == bytes.count)
        return try body(file)
    }
}

@Suite struct KernelFileTests {
    @Test func readsSegmentsAndNotes() throws {
        let kernel = try ImageFile().opened { try KernelFile($0) }
        #expect(kernel.entry == 0x1234)
        #expect(kernel.segments == [.init(offset: 1024, address: 0x10_0000, fileSize: 3, memorySize: 8)])
        #expect(kernel.notes == [.init(name: "Xen", kind: 3, content: [7, 0, 0, 0])])
        #expect(kernel.end == 0x10_0008)
    }

    @Test func loadsSegmentsIntoMemory() throws {
        let memory = try GuestMemory([GuestRegion(.anonymous(size: 2 << 20), at: GuestAddress(0))])
        try ImageFile().opened { try KernelFile($0).load($0, into: memory) }
        #expect(try memory.bytes(at: GuestAddress(0x10_0000), count: 4) == [1, 2, 3, 0])
    }

    @Test func refusesWhatIsNoKernel() throws {
        var file = ImageFile()
        file.bytes[0] = 0x4d
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
        file = ImageFile()
        file.bytes.put(UInt16(3), at: 18)
        #expect(throws: MachineError.kernel("not for x86-64")) { try file.opened { try KernelFile($0) } }
    }

    @Test(arguments: [UInt64.max, UInt64(Int64.max), 5000]) func refusesTablesPastTheEnd(_ offset: UInt64) throws {
        var file = ImageFile()
        file.bytes.put(offset, at: 32)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
    }

    @Test func refusesManyHeaders() throws {
        var file = ImageFile()
        file.bytes.put(UInt16.max, at: 56)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
    }

    @Test func refusesSegmentsThatWrapOrOverlap() throws {
        var file = ImageFile(address: UInt64.max - 4)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
        file = ImageFile()
        file.header(1, kind: 1, offset: 1024, address: 0x10_0004, size: 0, memorySize: 8)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
        file = ImageFile(memorySize: 2)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
    }

    @Test func refusesNotesThatAreCutOffOrHuge() throws {
        var file = ImageFile()
        file.bytes.put(UInt32.max, at: 2052)
        #expect(throws: MachineError.kernel("a note is cut off")) { try file.opened { try KernelFile($0) } }
        file = ImageFile()
        file.bytes.put(UInt32.max, at: 2048)
        #expect(throws: MachineError.kernel("a note is cut off")) { try file.opened { try KernelFile($0) } }
        file = ImageFile()
        file.header(1, kind: 4, offset: 2048, address: 0, size: 1 << 40, memorySize: 0)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0) } }
    }

    @Test func refusesSegmentsOutsideOfMemory() throws {
        let memory = try GuestMemory([GuestRegion(.anonymous(size: 1 << 20), at: GuestAddress(0))])
        #expect(throws: MachineError.self) { try ImageFile().opened { try KernelFile($0).load($0, into: memory) } }
    }

    @Test func refusesSegmentsPastTheFilesEnd() throws {
        let memory = try GuestMemory([GuestRegion(.anonymous(size: 2 << 20), at: GuestAddress(0))])
        var file = ImageFile()
        file.header(0, kind: 1, offset: 4000, address: 0x10_0000, size: 4096, memorySize: 4096)
        #expect(throws: MachineError.self) { try file.opened { try KernelFile($0).load($0, into: memory) } }
    }
}
