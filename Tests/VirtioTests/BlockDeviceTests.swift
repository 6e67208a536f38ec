import Glibc
import GuestMemory
import LinuxSystem
import Testing

@testable import Virtio

@Suite struct BlockDeviceTests {
    private typealias Driver = GuestDriver<BlockDevice>

    private func makeDriver(
        _ file: borrowing HostFile, isReadOnly: Bool = false, isScratch: Bool = false
    ) throws -> GuestDriver<BlockDevice> {
        let driver = try GuestDriver(
            BlockDevice(
                file.open(), size: UInt64(file.size),
                .init(isReadOnly: isReadOnly, serial: "hull-root", isScratch: isScratch)))
        driver.start()
        return driver
    }

    private func header(_ type: UInt32, sector: UInt64 = 0) -> [UInt8] {
        type.littleEndianBytes + UInt32(0).littleEndianBytes + sector.littleEndianBytes
    }

    private func range(_ sector: UInt64, _ count: UInt32, flags: UInt32 = 0) -> [UInt8] {
        sector.littleEndianBytes + count.littleEndianBytes + flags.littleEndianBytes
    }

    /// Sectors filled with their number plus one.
    private func sectors(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { [UInt8](repeating: UInt8($0 + 1), count: 512) }
    }

    private func status(_ driver: GuestDriver<BlockDevice>, _ pieces: [GuestDriver<BlockDevice>.Piece]) -> UInt8? {
        driver.request(pieces + [.room(1)], queue: 0)?.bytes.last
    }

    @Test func sectorsAreReadAndWritten() throws {
        let file = try HostFile(sectors(16))
        let driver = try makeDriver(file)
        #expect(driver.readConfiguration(0, width: 8) == 16)
        let read = try #require(
            driver.request([.bytes(header(0, sector: 3)), .room(512), .room(100), .room(412), .room(1)], queue: 0))
        #expect(read.bytes == [UInt8](repeating: 4, count: 512) + [UInt8](repeating: 5, count: 512) + [0])
        #expect(read.written == 1025)
        let data = [UInt8](repeating: 77, count: 512)
        #expect(status(driver, [.bytes(header(1, sector: 15)), .bytes(data)]) == 0)
        #expect(file.bytes(at: 15 * 512, count: 512) == data)
        #expect(file.bytes(at: 14 * 512, count: 1) == [15])
    }

    @Test func framingMeansNothing() throws {
        let file = try HostFile(sectors(4))
        let driver = try makeDriver(file)
        let head = header(1, sector: 1)
        let data = [UInt8](repeating: 9, count: 512)
        // Header and data in one piece; then the header in two.
        #expect(status(driver, [.bytes(head + data)]) == 0)
        #expect(status(driver, [.bytes(Array(head.prefix(5))), .bytes(Array(head.dropFirst(5)) + data)]) == 0)
        #expect(file.bytes(at: 512, count: 512) == data)
        // The status in the same piece as the data.
        let read = driver.request([.bytes(header(0, sector: 1)), .room(513)], queue: 0)
        #expect(read?.bytes == data + [0])
    }

    @Test func whatLiesOutsideTheDiskIsAnError() throws {
        let file = try HostFile(sectors(4) + [1, 2, 3])
        let driver = try makeDriver(file)
        for sector in [UInt64(4), 5, UInt64.max, UInt64.max / 512, 1 << 55] {
            #expect(status(driver, [.bytes(header(0, sector: sector)), .room(512)]) == 1)
            #expect(
                status(driver, [.bytes(header(1, sector: sector)), .bytes([UInt8](repeating: 1, count: 512))]) == 1)
        }
        #expect(status(driver, [.bytes(header(0, sector: 3)), .room(1024)]) == 1)
        #expect(status(driver, [.bytes(header(0, sector: 0)), .room(100)]) == 1)
        #expect(status(driver, [.bytes(header(1, sector: 0)), .bytes([1, 2, 3])]) == 1)
        #expect(file.bytes(at: 0, count: 4096) == sectors(4) + [1, 2, 3])
    }

    @Test func aFileThatBecameShorterIsAnError() throws {
        let file = try HostFile(sectors(4))
        let driver = try makeDriver(file)
        #expect(ftruncate(file.view.number, 512) == 0)
        #expect(status(driver, [.bytes(header(0, sector: 2)), .room(512)]) == 1)
        #expect(driver.transport.fault == nil)
    }

    @Test func aReadOnlyDiskRefusesEveryChange() throws {
        let file = try HostFile(sectors(4))
        let driver = try makeDriver(file, isReadOnly: true)
        #expect(driver.offeredFeatures.contains(FeatureBits(bit: 5)))
        #expect(!driver.offeredFeatures.contains(FeatureBits(bit: 13)))
        #expect(status(driver, [.bytes(header(1)), .bytes([UInt8](repeating: 9, count: 512))]) == 1)
        #expect(status(driver, [.bytes(header(11)), .bytes(range(0, 1))]) == 1)
        #expect(status(driver, [.bytes(header(13)), .bytes(range(0, 1))]) == 1)
        #expect(status(driver, [.bytes(header(0)), .room(512)]) == 0)
        #expect(file.bytes(at: 0, count: 2048) == sectors(4))
    }

    @Test func discardAndWriteZeroesClearTheirRanges() throws {
        let file = try HostFile([UInt8](repeating: 5, count: 8 * 4096))
        let driver = try makeDriver(file)
        let before = file.blocks
        #expect(status(driver, [.bytes(header(11)), .bytes(range(8, 8) + range(32, 16))]) == 0)
        #expect(file.bytes(at: 4096, count: 4096) == [UInt8](repeating: 0, count: 4096))
        #expect(file.bytes(at: 32 * 512, count: 1) == [0])
        #expect(file.bytes(at: 8192, count: 1) == [5])
        #expect(file.blocks == before - 3 * 8)
        #expect(status(driver, [.bytes(header(13)), .bytes(range(16, 1, flags: 1))]) == 0)
        #expect(status(driver, [.bytes(header(13)), .bytes(range(20, 1))]) == 0)
        #expect(file.bytes(at: 20 * 512, count: 513) == [UInt8](repeating: 0, count: 512) + [5])
        #expect(file.bytes(at: 8192, count: 513) == [UInt8](repeating: 0, count: 512) + [5])
    }

    @Test func rangesThatMakeNoSenseAreRefused() throws {
        let bytes = [UInt8](repeating: 5, count: 64 * 512)
        let file = try HostFile(bytes)
        let driver = try makeDriver(file)
        #expect(status(driver, [.bytes(header(11)), .bytes(range(60, 8))]) == 1)
        #expect(status(driver, [.bytes(header(11)), .bytes(range(UInt64.max, 1))]) == 1)
        #expect(status(driver, [.bytes(header(11)), .bytes(range(0, UInt32.max))]) == 1)
        #expect(status(driver, [.bytes(header(11)), .bytes([1, 2, 3])]) == 1)
        #expect(status(driver, [.bytes(header(11))]) == 1)
        #expect(status(driver, [.bytes(header(11)), .bytes(range(0, 1, flags: 1))]) == 2)
        #expect(status(driver, [.bytes(header(13)), .bytes(range(0, 1, flags: 6))]) == 2)
        let many = (0..<33).flatMap { range(UInt64($0), 1) }
        #expect(status(driver, [.bytes(header(11)), .bytes(many)]) == 1)
        #expect(file.bytes(at: 0, count: bytes.count) == bytes)
    }

    @Test func flushAndUnknownRequestsAreAnswered() throws {
        let file = try HostFile(sectors(4))
        for isScratch in [false, true] {
            let driver = try makeDriver(file, isScratch: isScratch)
            #expect(status(driver, [.bytes(header(4))]) == 0)
            for type in [UInt32(2), 3, 9, 14, UInt32.max] { #expect(status(driver, [.bytes(header(type))]) == 2) }
        }
    }

    @Test func theSerialNumberIsTwentyBytes() throws {
        let file = try HostFile(sectors(4))
        let driver = try makeDriver(file)
        let answer = try #require(driver.request([.bytes(header(8)), .room(20), .room(1)], queue: 0))
        #expect(answer.bytes == Array("hull-root".utf8) + [UInt8](repeating: 0, count: 12))
        #expect(answer.written == 21)
        #expect(status(driver, [.bytes(header(8)), .room(19)]) == 1)
    }

    @Test func aRequestThatCannotBeAnsweredIsTheEnd() throws {
        let file = try HostFile(sectors(4))
        for pieces: [GuestDriver<BlockDevice>.Piece] in [
            [.bytes(header(0))], [.bytes([1, 2, 3]), .room(1)], [.room(600)],
        ] {
            let driver = try makeDriver(file)
            #expect(driver.request(pieces, queue: 0) == nil)
            #expect(driver.status.contains(.needsReset))
            if case .request = driver.transport.fault {} else { Issue.record("\(driver.transport.fault as Any)") }
        }
    }

    @Test func aSavedDiskGoesOn() throws {
        let file = try HostFile(sectors(4))
        let first = try makeDriver(file)
        _ = status(first, [.bytes(header(1, sector: 2)), .bytes([UInt8](repeating: 9, count: 512))])
        let second = try GuestDriver(
            BlockDevice(file.open(), size: UInt64(file.size), .init(isReadOnly: false, serial: "x")),
            memory: first.memory)
        try second.transport.restore(first.transport.save())
        second.queues = first.queues
        #expect(
            second.request([.bytes(header(0, sector: 2)), .room(512), .room(1)], queue: 0)?.bytes.first == 9)
        let readOnly = try GuestDriver(
            BlockDevice(file.open(), size: UInt64(file.size), .init(isReadOnly: true, serial: "x")),
            memory: first.memory)
        #expect(throws: RestoreError.self) { try readOnly.transport.restore(first.transport.save()) }
    }
}
