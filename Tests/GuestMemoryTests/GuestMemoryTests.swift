import CLinux
import Glibc
import GuestMemory
import LinuxSystem
import Testing

/// Two regions with a hole between them.
private func makeMemory() throws -> GuestMemory {
    try GuestMemory([
        GuestRegion(.anonymous(size: 0x2000), at: GuestAddress(0x1_0000_0000)),
        GuestRegion(.anonymous(size: 0x4000), at: GuestAddress(0x1000)),
    ])
}

@Suite struct GuestMemoryTests {
    @Test func integersComeBackAsTheyWereWritten() throws {
        let memory = try makeMemory()
        for offset in UInt64(0)..<9 {
            let address = GuestAddress(0x2000 + offset)
            try memory.write(UInt64(0x0102_0304_0506_0708), at: address)
            #expect(try memory.read(UInt64.self, at: address) == 0x0102_0304_0506_0708)
            #expect(try memory.read(UInt32.self, at: address) == 0x0506_0708)
            #expect(try memory.read(UInt16.self, at: address) == 0x0708)
            #expect(try memory.read(UInt8.self, at: address) == 0x08)
        }
    }

    @Test func bytesComeBackAsTheyWereWritten() throws {
        let memory = try makeMemory()
        try memory.write([1, 2, 3, 4, 5], at: GuestAddress(0x1fff))
        #expect(try memory.bytes(at: GuestAddress(0x1ffe), count: 7) == [0, 1, 2, 3, 4, 5, 0])
        try memory.fill(9, at: GuestAddress(0x2000), count: 2)
        var buffer = [UInt8](repeating: 7, count: 4)
        try buffer.withUnsafeMutableBytes {
            var span = MutableRawSpan(_unsafeBytes: $0)
            try memory.read(into: &span, at: GuestAddress(0x1fff))
        }
        #expect(buffer == [1, 9, 9, 4])
    }

    @Test(
        arguments: [
            (0x0, 1), (0xfff, 1), (0xfff, 2), (0x4ffd, 4), (0x5000, 1), (0xffff_ffff, 1), (0xffff_fffe, 4),
            (0x1_0000_1fff, 2), (0x1_0000_2000, 1), (UInt64.max, 1), (UInt64.max, UInt64.max), (0x1000, UInt64.max),
            (0x1000, 0x4001), (0x4fff, UInt64.max - 0x4ffe),
        ] as [(UInt64, UInt64)])
    func nothingOutsideARegionIsReached(address: UInt64, length: UInt64) throws {
        let memory = try makeMemory()
        let start = GuestAddress(address)
        #expect(!memory.contains(start, length: length))
        #expect(throws: GuestMemoryError.outside(start, length: length)) {
            try memory.fill(1, at: start, count: length)
        }
        var vectors = GuestVectors(memory)
        #expect(throws: GuestMemoryError.outside(start, length: length)) { try vectors.append(start, length: length) }
        if length == 4 {
            #expect(throws: GuestMemoryError.self) { try memory.read(UInt32.self, at: start) }
            #expect(throws: GuestMemoryError.self) { try memory.write(UInt32(1), at: start) }
        }
    }

    @Test func regionsMustNotOverlapNorSplitPages() throws {
        let lower = try GuestRegion(.anonymous(size: 0x2000), at: GuestAddress(0x1000))
        let upper = try GuestRegion(.anonymous(size: 0x1000), at: GuestAddress(0x2000))
        #expect(throws: GuestMemoryError.overlap(lower.start, upper.start)) { try GuestMemory([upper, lower]) }
        #expect(throws: GuestMemoryError.self) { try GuestRegion(.anonymous(size: 0x1000), at: GuestAddress(0x10)) }
        #expect(throws: GuestMemoryError.self) { try GuestRegion(.anonymous(size: 10), at: GuestAddress(0x1000)) }
        #expect(throws: GuestMemoryError.self) { try GuestRegion(.anonymous(size: 0), at: GuestAddress(0x1000)) }
        #expect(throws: GuestMemoryError.self) {
            try GuestRegion(.anonymous(size: 0x1000), at: GuestAddress(UInt64.max - 0xfff))
        }
    }

    @Test func vectorsReadAndWriteAFile() throws {
        let memory = try makeMemory()
        let file = OwnedDescriptor(owning: linux_memfd_create("test", 0))
        #expect(pwrite(file.number, "hello, world", 12, 0) == 12)
        var vectors = GuestVectors(memory)
        try vectors.append(GuestAddress(0x1000), length: 3)
        try vectors.append(GuestAddress(0x1_0000_0000), length: 4)
        #expect(try vectors.read(from: file.number, at: 1, "test") == 7)
        #expect(try memory.bytes(at: GuestAddress(0x1000), count: 4) == Array("ell\0".utf8))
        #expect(try memory.bytes(at: GuestAddress(0x1_0000_0000), count: 5) == Array("o, w\0".utf8))
        vectors.removeFirst(4)
        #expect(vectors.byteCount == 3)
        #expect(try vectors.write(to: file.number, at: 0, "test") == 3)
        vectors.removeAll()
        try vectors.append(GuestAddress(0x1000), length: 12)
        #expect(try vectors.read(from: file.number, at: 0, "test") == 12)
        #expect(try memory.bytes(at: GuestAddress(0x1000), count: 12) == Array(", wlo, world".utf8))
    }

    @Test func discardedPagesReadAsZeroes() throws {
        let anonymous = try GuestRegion(.anonymous(size: 0x4000), at: GuestAddress(0))
        let file = try GuestRegion(.memoryFile(name: "test", size: 0x4000), at: GuestAddress(0x4000))
        let memory = try GuestMemory([anonymous, file])
        for start in [UInt64(0), 0x4000] {
            try memory.fill(5, at: GuestAddress(start), count: 0x4000)
            try memory.discard(at: GuestAddress(start + 0x1000), length: 0x2000)
            // Before the hole is read: a read through a shared mapping fills it.
            var status = stat()
            #expect(fstat(try #require(file.memoryFile), &status) == 0)
            #expect(status.st_blocks == (start == 0 ? 0 : 2 * 8))
            let bytes = try memory.bytes(at: GuestAddress(start), count: 0x4000)
            #expect(bytes[0xfff] == 5 && bytes[0x1000] == 0 && bytes[0x2fff] == 0 && bytes[0x3000] == 5)
            #expect(throws: GuestMemoryError.self) { try memory.discard(at: GuestAddress(start + 1), length: 0x1000) }
            #expect(throws: GuestMemoryError.self) { try memory.discard(at: GuestAddress(start), length: 0x1001) }
        }
        #expect(throws: GuestMemoryError.self) { try memory.discard(at: GuestAddress(0x7000), length: 0x2000) }
    }

    @Test func aPrivateFileKeepsItsBytes() throws {
        let file = OwnedDescriptor(owning: linux_memfd_create("snapshot", 0))
        #expect(pwrite(file.number, [UInt8](repeating: 3, count: 0x3000), 0x3000, 0) == 0x3000)
        let region = try GuestRegion(.privateFile(file.number, offset: 0x1000, size: 0x2000), at: GuestAddress(0))
        let memory = try GuestMemory([region])
        #expect(try memory.read(UInt8.self, at: GuestAddress(0x1fff)) == 3)
        try memory.fill(4, at: GuestAddress(0), count: 0x2000)
        var byte: UInt8 = 0
        #expect(pread(file.number, &byte, 1, 0x1000) == 1)
        #expect(byte == 3)
    }

    @Test func guestAddressesDoNotWrap() {
        #expect(GuestAddress(5).advanced(by: 6) == GuestAddress(11))
        #expect(GuestAddress(UInt64.max).advanced(by: 1) == nil)
        #expect(GuestAddress(0x1000).description == "0x1000")
    }
}
