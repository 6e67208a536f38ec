import GuestMemory
import LinuxSystem
import Testing

@testable import Virtio

/// A device that answers each chain with the bytes that it read, for as far as there is room.
final class EchoDevice: VirtioDevice {
    static let kind: UInt32 = 42
    let queueSizes: [UInt16] = [16, 4]
    let features = FeatureBits(bit: 3)
    var configuration: [UInt8] = [1, 2, 3, 4, 5]
    var context: DeviceContext?
    var resets = 0
    /// Chains served.
    var served = 0

    func configure(at offset: Int, _ bytes: [UInt8]) {
        for (index, byte) in bytes.enumerated() where offset + index < configuration.count {
            configuration[offset + index] = byte
        }
    }
    func activate(_ context: DeviceContext) { self.context = context }
    func reset() {
        resets += 1
        context = nil
    }
    func handle(queue index: Int) throws(VirtioError) {
        guard let queue = context?.queues[index] else { return }
        while try queue.next() {
            var bytes: [UInt8] = []
            let count = min(queue.chain.readableLength, queue.chain.writableLength, 4096)
            try queue.chain.read(to: &bytes, at: 0, count: count)
            try queue.chain.write(bytes.span.bytes, at: 0)
            served += 1
            try queue.complete(written: count)
        }
    }
}

@Suite struct QueueTests {
    @Test(arguments: [false, true]) func chainsAreServedWhateverTheirPieces(isIndirect: Bool) throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        let head = driver.submit(
            [.bytes([1, 2]), .bytes([3]), .bytes([4, 5, 6]), .room(1), .room(4), .room(3)], queue: 0,
            isIndirect: isIndirect)
        driver.kick(0)
        let used = try #require(driver.takeUsed(queue: 0))
        #expect(used.head == head)
        #expect(used.written == 6)
        #expect(used.bytes == [1, 2, 3, 4, 5, 6, 0, 0])
        #expect(driver.takeUsed(queue: 0) == nil)
        #expect(driver.interrupts.count == 1)
        #expect(driver.read(.interruptStatus) == 1)
        driver.write(.interruptAcknowledge, 1)
        #expect(driver.read(.interruptStatus) == 0)
    }

    @Test func indicesRunThroughAllTheirValues() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start(queueSize: 4)
        let room = driver.allocate(1)
        driver.writeDescriptor(driver.queues[0].layout.descriptors, 0, room, 1, flags: 2)
        for _ in 0..<70_000 {
            driver.makeAvailable(0, queue: 0)
            driver.transport.handle(queue: 0)
            #expect(driver.takeUsed(queue: 0)?.head == 0)
        }
        #expect(driver.transport.fault == nil)
    }

    @Test func aTurnEndsThoughTheDriverNeverStops() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        for _ in 0..<16 { driver.submit([.bytes([1])], queue: 0) }
        driver.transport.handle(queue: 0)
        #expect(try driver.transport.withDevice { $0.served } == 16)
        for _ in 0..<16 { driver.submit([.bytes([1])], queue: 0) }
        // No kick: the queue was left with more than a turn took only if it asks to be served again.
        driver.transport.handle(queue: 0)
        #expect(try driver.transport.withDevice { $0.served } == 32)
    }

    @Test func theDriverIsToldOnlyWhenItWants() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start([.version1])
        let flags = GuestAddress(driver.queues[0].layout.available.value)
        try driver.memory.write(UInt16(1), at: flags)
        _ = driver.request([.bytes([1])], queue: 0)
        #expect(driver.interrupts.count == 0)
        try driver.memory.write(UInt16(0), at: flags)
        _ = driver.request([.bytes([1])], queue: 0)
        #expect(driver.interrupts.count == 1)
    }

    @Test func eventIndicesSayWhenToTell() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        let layout = driver.queues[0].layout
        let usedEvent = GuestAddress(layout.available.value + 4 + 2 * UInt64(layout.size))
        // Tell at the third.
        try driver.memory.write(UInt16(2), at: usedEvent)
        _ = driver.request([.bytes([1])], queue: 0)
        _ = driver.request([.bytes([1])], queue: 0)
        #expect(driver.interrupts.count == 0)
        _ = driver.request([.bytes([1])], queue: 0)
        #expect(driver.interrupts.count == 1)
        // The device asks to be told of the next.
        let availableEvent = GuestAddress(layout.used.value + 4 + 8 * UInt64(layout.size))
        #expect(try driver.memory.read(UInt16.self, at: availableEvent) == 3)
    }

    @Test func anEmptyQueueIsNoError() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        driver.kick(0)
        driver.kick(1)
        driver.write(.queueNotify, 77)
        driver.run()
        #expect(driver.transport.fault == nil)
        #expect(driver.interrupts.count == 0)
    }
}
