import Glibc
import GuestMemory
import LinuxSystem
import Testing

@testable import Virtio

@Suite struct BalloonDeviceTests {
    private func makeDriver() throws -> GuestDriver<BalloonDevice> {
        let driver = try GuestDriver(BalloonDevice())
        driver.start()
        return driver
    }

    /// Whether a page of the guest has memory on the host.
    private func isPresent(_ driver: GuestDriver<BalloonDevice>, page: UInt64) throws -> Bool {
        let region = driver.memory.regions[0]
        let file = try #require(region.memoryFile)
        let offset = off_t(page * 4096 - region.start.value)
        return lseek(file, offset, SEEK_DATA) == offset
    }

    private func pages(_ numbers: [UInt32]) -> [UInt8] { numbers.flatMap(\.littleEndianBytes) }

    @Test func pagesInTheBalloonGoBackToTheHost() throws {
        let driver = try makeDriver()
        let first = UInt32((GuestDriver<BalloonDevice>.memoryStart + 1 << 20) / 4096)
        for page in first..<first + 8 { try driver.memory.fill(7, at: GuestAddress(UInt64(page) * 4096), count: 4096) }
        // Upwards, downwards, and one by itself.
        let list = pages([first, first + 1, first + 4, first + 3, first + 7])
        #expect(driver.request([.bytes(Array(list.prefix(6))), .bytes(Array(list.dropFirst(6)))], queue: 0) != nil)
        for page in first..<first + 8 {
            #expect(
                try isPresent(driver, page: UInt64(page)) == [2, 5, 6].contains(page - first), "page \(page - first)")
        }
        #expect(driver.request([.bytes(list)], queue: 1) != nil)
        #expect(driver.transport.fault == nil)
    }

    @Test func pagesThatAreNoMemoryAreNobodysLoss() throws {
        let driver = try makeDriver()
        let last = UInt32((GuestDriver<BalloonDevice>.memoryStart + GuestDriver<BalloonDevice>.memorySize) / 4096)
        #expect(driver.request([.bytes(pages([0, UInt32.max, last, last - 1, UInt32.max - 1]))], queue: 0) != nil)
        #expect(driver.transport.fault == nil)
    }

    @Test(arguments: [1, 6, 65540]) func aListOfImpossibleLengthIsTheEnd(length: Int) throws {
        let driver = try makeDriver()
        #expect(driver.request([.bytes([UInt8](repeating: 0, count: length))], queue: 0) == nil)
        #expect(driver.status.contains(.needsReset))
    }

    @Test func reportedPagesGoBackToTheHost() throws {
        let driver = try makeDriver()
        let start = GuestDriver<BalloonDevice>.memoryStart + 1 << 20
        try driver.memory.fill(7, at: GuestAddress(start), count: 8 * 4096)
        let table = driver.queues[3].layout.descriptors
        driver.writeDescriptor(table, 0, GuestAddress(start), 2 * 4096, flags: 3, next: 1)
        // Askew: left alone. Not whole pages: the whole ones only.
        driver.writeDescriptor(table, 1, GuestAddress(start + 3 * 4096 + 1), 4096, flags: 3, next: 2)
        driver.writeDescriptor(table, 2, GuestAddress(start + 6 * 4096), 4097, flags: 2)
        driver.makeAvailable(0, queue: 3)
        driver.kick(3)
        #expect(driver.takeUsed(queue: 3) != nil)
        for page in UInt64(0)..<8 {
            #expect(try isPresent(driver, page: start / 4096 + page) == ![0, 1, 6].contains(page), "page \(page)")
        }
    }

    @Test func withoutStatisticsReportsAreInTheThirdQueue() throws {
        let driver = try GuestDriver(BalloonDevice())
        driver.start([.version1, FeatureBits(bit: 5)])
        let start = GuestDriver<BalloonDevice>.memoryStart + 1 << 20
        try driver.memory.fill(7, at: GuestAddress(start), count: 4096)
        driver.writeDescriptor(driver.queues[2].layout.descriptors, 0, GuestAddress(start), 4096, flags: 2)
        driver.makeAvailable(0, queue: 2)
        driver.kick(2)
        #expect(try !isPresent(driver, page: start / 4096))
    }

    @Test func targetAndSizeAreInTheConfiguration() throws {
        let driver = try makeDriver()
        try driver.transport.withDevice(changesConfiguration: true) { $0.setTarget(pages: 1000) }
        #expect(driver.readConfiguration(0, width: 4) == 1000)
        #expect(driver.read(.interruptStatus) == 2)
        driver.transport.write(0x104, width: 4, 900)
        #expect(try driver.transport.withDevice { $0.actual } == 900)
        driver.transport.write(0x100, width: 4, 5)
        #expect(driver.readConfiguration(0, width: 4) == 1000)
    }

    @Test func statisticsComeWhenTheyAreWanted() throws {
        let driver = try makeDriver()
        func statistic(_ tag: UInt16, _ value: UInt64) -> [UInt8] { tag.littleEndianBytes + value.littleEndianBytes }
        driver.submit([.bytes(statistic(4, 111) + statistic(5, 222) + statistic(99, 1) + [1, 2])], queue: 2)
        driver.kick(2)
        #expect(driver.takeUsed(queue: 2) == nil)
        #expect(try driver.transport.withDevice { $0.statistics.free } == 111)
        #expect(try driver.transport.withDevice { $0.statistics.total } == 222)
        try driver.transport.withDevice { (device) throws(VirtioError) in try device.requestStatistics() }
        #expect(driver.takeUsed(queue: 2) != nil)
        #expect(driver.interrupts.count == 1)
        // Nothing is there to ask with.
        try driver.transport.withDevice { (device) throws(VirtioError) in try device.requestStatistics() }
        #expect(driver.takeUsed(queue: 2) == nil)
        #expect(driver.request([.bytes(statistic(4, 5))], queue: 2) == nil)
        #expect(
            try driver.transport.withDevice { $0.statistics }
                == {
                    var expected = BalloonStatistics()
                    expected.free = 5
                    return expected
                }())
    }

    @Test func aSavedBalloonKeepsItsStatisticsBuffer() throws {
        let first = try makeDriver()
        first.submit([.bytes([])], queue: 2)
        first.kick(2)
        let second = try GuestDriver(BalloonDevice(), memory: first.memory)
        try second.transport.restore(first.transport.save())
        second.queues = first.queues
        try second.transport.withDevice { (device) throws(VirtioError) in try device.requestStatistics() }
        #expect(second.takeUsed(queue: 2) != nil)
    }
}
