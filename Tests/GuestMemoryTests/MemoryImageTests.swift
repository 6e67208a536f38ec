import CLinux
import Glibc
import LinuxSystem
import Testing

@testable import GuestMemory

@Suite struct MemoryImageTests {
    private static let regionSize: UInt64 = 40 << 20

    private func memory(_ source: MemorySource) throws -> GuestMemory {
        try GuestMemory([
            GuestRegion(source.mapping(size: 0x4000, at: Self.regionSize), at: GuestAddress(1 << 32)),
            GuestRegion(source.mapping(size: Self.regionSize, at: 0), at: GuestAddress(0)),
        ])
    }

    private func file() -> OwnedDescriptor { OwnedDescriptor(owning: linux_memfd_create("image", 0)) }

    private func blocks(_ file: borrowing OwnedDescriptor) -> Int {
        var status = stat()
        fstat(file.number, &status)
        return Int(status.st_blocks) * 512
    }

    @Test func pagesComeBackAndZeroesAreHoles() throws {
        let first = try memory(.fresh)
        try first.write([1, 2, 3], at: GuestAddress(0x1ffe))
        try first.write(UInt64(7), at: GuestAddress(30 << 20))
        try first.write(UInt8(9), at: GuestAddress(1 << 32 + 0x3fff))
        // Touched, but zero.
        try first.fill(0, at: GuestAddress(10 << 20), count: 1 << 20)
        let image = file()
        let written = try MemoryImage.write(first, to: image.number, PageTable())
        #expect(written == 4 * 4096)
        #expect(blocks(image) == 4 * 4096)
        #expect(lseek(image.number, 0, SEEK_END) == Int(first.size))

        let second = try memory(.image(file: image.number))
        #expect(try second.bytes(at: GuestAddress(0x1ffd), count: 5) == [0, 1, 2, 3, 0])
        #expect(try second.read(UInt64.self, at: GuestAddress(30 << 20)) == 7)
        #expect(try second.read(UInt8.self, at: GuestAddress(1 << 32 + 0x3fff)) == 9)
    }

    @Test func zeroesBetweenTwoPagesNearEachOtherAreWritten() throws {
        let first = try memory(.fresh)
        for page in [UInt64(0), 3, 20] { try first.write(UInt8(1), at: GuestAddress(page << 12)) }
        let image = file()
        let written = try MemoryImage.write(first, to: image.number, PageTable())
        #expect(written == 5 * 4096)
    }

    @Test func copiesAreTheirOwnAndCanBeCopied() throws {
        let first = try memory(.fresh)
        try first.write(UInt64(1), at: GuestAddress(0x1000))
        try first.write(UInt64(2), at: GuestAddress(0x8000))
        let image = file()
        _ = try MemoryImage.write(first, to: image.number, PageTable())
        let (left, right) = (try memory(.image(file: image.number)), try memory(.image(file: image.number)))
        try left.write(UInt64(10), at: GuestAddress(0x1000))
        try left.write(UInt64(11), at: GuestAddress(0x100_0000))
        #expect(try right.read(UInt64.self, at: GuestAddress(0x1000)) == 1)
        #expect(try right.read(UInt64.self, at: GuestAddress(0x100_0000)) == 0)
        // Also what the copy never touched is in its own image.
        let second = file()
        _ = try MemoryImage.write(left, to: second.number, PageTable())
        let copy = try memory(.image(file: second.number))
        #expect(try copy.read(UInt64.self, at: GuestAddress(0x1000)) == 10)
        #expect(try copy.read(UInt64.self, at: GuestAddress(0x8000)) == 2)
        #expect(try copy.read(UInt64.self, at: GuestAddress(0x100_0000)) == 11)
    }

    @Test func whatTheFileHeldBeforeIsGone() throws {
        let image = file()
        write(image.number, "before", 6)
        let memory = try memory(.fresh)
        _ = try MemoryImage.write(memory, to: image.number, PageTable())
        #expect(blocks(image) == 0)
    }
}
