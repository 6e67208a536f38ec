import GuestMemory
import LinuxSystem
import Testing

@testable import Virtio

/// Drivers that break the rules: each ends in NEEDS_RESET with the reason, and a reset mends it.
@Suite struct HostileQueueTests {
    private let outside = GuestAddress(0x10)

    private func expectFault(
        _ fault: VirtioError, features: FeatureBits? = nil, _ attack: (GuestDriver<EchoDevice>) throws -> Void
    ) throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start(features)
        try attack(driver)
        driver.kick(0)
        #expect(driver.transport.fault == fault)
        #expect(driver.status.contains(.needsReset))
        #expect(driver.read(.interruptStatus) & 2 == 2)
        // It stays silent until the reset.
        driver.kick(0)
        #expect(driver.takeUsed(queue: 0) == nil)
        driver.start()
        #expect(driver.transport.fault == nil)
        #expect(driver.request([.bytes([9]), .room(1)], queue: 0)?.bytes == [9])
    }

    private func table(_ driver: GuestDriver<EchoDevice>) -> GuestAddress { driver.queues[0].layout.descriptors }

    @Test func aChainThatLoopsEnds() throws {
        try expectFault(.chainTooLong(limit: 16)) {
            let room = $0.allocate(8)
            $0.writeDescriptor(table($0), 0, room, 8, flags: 1, next: 1)
            $0.writeDescriptor(table($0), 1, room, 8, flags: 1, next: 0)
            $0.makeAvailable(0, queue: 0)
        }
    }

    @Test func aHeadBehindTheTableIsRefused() throws {
        try expectFault(.descriptorOutOfRange(16, size: 16)) { $0.makeAvailable(16, queue: 0) }
        try expectFault(.descriptorOutOfRange(65535, size: 16)) { $0.makeAvailable(65535, queue: 0) }
    }

    @Test func aNextBehindTheTableIsRefused() throws {
        try expectFault(.descriptorOutOfRange(16, size: 16)) {
            $0.writeDescriptor(table($0), 0, $0.allocate(8), 8, flags: 1, next: 16)
            $0.makeAvailable(0, queue: 0)
        }
    }

    @Test(
        arguments: [
            (UInt64(0x10), UInt32(8)), (0x10_0000 - 1, 2), (0x10_0000 + 4 << 20 - 4, 8), (UInt64.max - 3, 8),
            (UInt64.max, UInt32.max), (0x10_0000, UInt32.max),
        ] as [(UInt64, UInt32)])
    func aBufferOutsideMemoryIsRefused(address: UInt64, length: UInt32) throws {
        let start = GuestAddress(address)
        for flags in UInt16(0)...3 where flags & 1 == 0 {
            try expectFault(.memory(.outside(start, length: UInt64(length)))) {
                $0.writeDescriptor(table($0), 0, start, length, flags: flags)
                $0.makeAvailable(0, queue: 0)
            }
        }
    }

    @Test func lengthsThatSumUpToMoreThanFourGigabytesAreRefused() throws {
        // Pages cost nothing until they are touched.
        let memory = try GuestMemory([
            GuestRegion(.memoryFile(name: "guest", size: 4 << 20), at: GuestAddress(0x10_0000)),
            GuestRegion(.anonymous(size: 3 << 30), at: GuestAddress(1 << 32)),
        ])
        let driver = try GuestDriver(EchoDevice(), memory: memory)
        driver.start()
        for index in UInt16(0)..<2 {
            driver.writeDescriptor(
                table(driver), index, GuestAddress(1 << 32), 3 << 30, flags: index == 0 ? 1 : 0, next: 1)
        }
        driver.makeAvailable(0, queue: 0)
        driver.kick(0)
        #expect(driver.transport.fault == .chainTooLarge)
    }

    @Test func anIndexThatJumpsIsRefused() throws {
        try expectFault(.availableIndexJump(from: 0, to: 17, size: 16)) {
            try $0.memory.write(UInt16(17), at: GuestAddress($0.queues[0].layout.available.value + 2))
        }
        try expectFault(.availableIndexJump(from: 0, to: 65535, size: 16)) {
            try $0.memory.write(UInt16(65535), at: GuestAddress($0.queues[0].layout.available.value + 2))
        }
    }

    @Test func aReadablePieceBehindAWritableOneIsRefused() throws {
        try expectFault(.readableAfterWritable) { $0.submit([.room(8), .bytes([1])], queue: 0) }
    }

    @Test func indirectTablesMustBeAgreedOn() throws {
        try expectFault(.indirectNotNegotiated, features: [.version1]) {
            $0.submit([.bytes([1])], queue: 0, isIndirect: true)
        }
    }

    @Test(arguments: [0, 1, 15, 17, 40, 16 * 65536] as [UInt32])
    func anIndirectTableIsMadeOfWholeEntries(length: UInt32) throws {
        try expectFault(.indirectTableLength(length)) {
            $0.writeDescriptor(table($0), 0, $0.allocate(64), length, flags: 4)
            $0.makeAvailable(0, queue: 0)
        }
    }

    @Test func anIndirectTableLiesInMemory() throws {
        try expectFault(.memory(.outside(outside, length: 32))) {
            $0.writeDescriptor(table($0), 0, outside, 32, flags: 4)
            $0.makeAvailable(0, queue: 0)
        }
    }

    @Test func indirectTablesDoNotNest() throws {
        try expectFault(.nestedIndirect) {
            let inner = $0.allocate(16)
            $0.writeDescriptor(inner, 0, inner, 16, flags: 4)
            $0.writeDescriptor(table($0), 0, inner, 16, flags: 4)
            $0.makeAvailable(0, queue: 0)
        }
        try expectFault(.indirectWithNext) {
            $0.writeDescriptor(table($0), 0, $0.allocate(16), 16, flags: 5, next: 1)
            $0.makeAvailable(0, queue: 0)
        }
    }

    @Test func anIndirectChainThatLoopsOrLeavesItsTableEnds() throws {
        try expectFault(.chainTooLong(limit: 16)) {
            let inner = $0.allocate(16)
            $0.writeDescriptor(inner, 0, inner, 8, flags: 1, next: 0)
            $0.writeDescriptor(table($0), 0, inner, 16, flags: 4)
            $0.makeAvailable(0, queue: 0)
        }
        try expectFault(.descriptorOutOfRange(2, size: 2)) {
            let inner = $0.allocate(32)
            $0.writeDescriptor(inner, 0, inner, 8, flags: 1, next: 2)
            $0.writeDescriptor(table($0), 0, inner, 32, flags: 4)
            $0.makeAvailable(0, queue: 0)
        }
    }

    @Test(arguments: [0, 3, 17, 32, 65536, 65552] as [UInt32])
    func aQueueOfImpossibleSizeIsRefused(size: UInt32) throws {
        let driver = try GuestDriver(EchoDevice())
        driver.negotiate()
        driver.write(.queueSelect, 0)
        var layout = QueueLayout()
        layout.descriptors = driver.allocate(16 * 64)
        layout.available = driver.allocate(6 + 2 * 64)
        layout.used = driver.allocate(6 + 8 * 64)
        driver.place(layout)
        driver.write(.queueSize, size)
        driver.write(.queueReady, 1)
        #expect(driver.read(.queueReady) == 0)
        #expect(driver.status.contains(.needsReset))
        if case .queueLayout = driver.transport.fault {} else { Issue.record("\(driver.transport.fault as Any)") }
    }

    @Test(arguments: [0, 1, 2]) func aRingOutsideMemoryOrAskewIsRefused(part: Int) throws {
        let memoryEnd = UInt64(0x10_0000 + 4 << 20)
        for address in [UInt64(0x10), memoryEnd - 4, memoryEnd, UInt64.max & ~15, 0x10_0001, 0x10_0fff] {
            let driver = try GuestDriver(EchoDevice())
            driver.negotiate()
            driver.write(.queueSelect, 0)
            var layout = QueueLayout()
            layout.size = 16
            layout.descriptors = driver.allocate(256)
            layout.available = driver.allocate(64)
            layout.used = driver.allocate(256)
            switch part {
            case 0: layout.descriptors = GuestAddress(address)
            case 1: layout.available = GuestAddress(address)
            default: layout.used = GuestAddress(address)
            }
            driver.place(layout)
            driver.write(.queueReady, 1)
            #expect(driver.read(.queueReady) == 0)
            if case .queueLayout = driver.transport.fault {} else { Issue.record("\(address)") }
        }
    }

    @Test func resetInMidFlightForgetsTheQueue() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        driver.submit([.bytes([1]), .room(1)], queue: 0)
        driver.write(.queueNotify, 0)
        driver.write(.status, 0)
        driver.run()
        #expect(driver.takeUsed(queue: 0) == nil)
        #expect(driver.status == [])
        #expect(driver.read(.queueReady) == 0)
        #expect(driver.transport.fault == nil)
    }

    @Test func aQueueThatIsStoppedIsNotTouched() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        driver.write(.queueSelect, 0)
        driver.write(.queueReady, 0)
        driver.submit([.bytes([1]), .room(1)], queue: 0)
        driver.kick(0)
        #expect(driver.takeUsed(queue: 0) == nil)
        #expect(driver.transport.fault == nil)
    }
}
