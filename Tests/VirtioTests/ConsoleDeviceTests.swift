import Glibc
import LinuxSystem
import Testing

@testable import Virtio

/// An output that takes as much as it is told to; used by one thread.
private final class LimitedOutput: ConsoleOutput, @unchecked Sendable {
    var descriptor: CInt? { event.number }
    let event: EventDescriptor
    var taken: [UInt8] = []
    var room = Int.max

    init() throws { event = try EventDescriptor() }

    func write(_ bytes: [UInt8]) throws(SystemError) -> Int {
        let count = min(room, bytes.count)
        room -= count
        taken.append(contentsOf: bytes.prefix(count))
        return count
    }
}

@Suite struct ConsoleDeviceTests {
    @Test func outputArrivesWhole() throws {
        let output = try LimitedOutput()
        let driver = try GuestDriver(ConsoleDevice(output: output, input: nil))
        driver.start()
        driver.submit([.bytes(Array("hello, ".utf8)), .bytes(Array("world".utf8))], queue: 1)
        driver.submit([.bytes([UInt8](repeating: 7, count: 100_000))], queue: 1)
        driver.kick(1)
        #expect(output.taken == Array("hello, world".utf8) + [UInt8](repeating: 7, count: 100_000))
        #expect(driver.takeUsed(queue: 1)?.written == 0)
        #expect(driver.takeUsed(queue: 1) != nil)
    }

    @Test func outputWaitsForItsTaker() throws {
        let output = try LimitedOutput()
        output.room = 3
        let driver = try GuestDriver(ConsoleDevice(output: output, input: nil))
        driver.start()
        driver.submit([.bytes(Array("hello".utf8))], queue: 1)
        // An event descriptor is always writable, so the loop comes back at once; three bytes at a time are taken.
        driver.write(.queueNotify, 1)
        try driver.loop.runOnce(timeout: 0)
        #expect(output.taken == Array("hel".utf8))
        #expect(driver.takeUsed(queue: 1) == nil)
        output.room = 100
        driver.run()
        #expect(output.taken == Array("hello".utf8))
        #expect(driver.takeUsed(queue: 1) != nil)
    }

    @Test func inputGoesIntoBuffersAndWaitsForThem() throws {
        let pair = try LocalSocket.Pair(.stream)
        let other = try pair.second.duplicate()
        let output = try LimitedOutput()
        let driver = try GuestDriver(ConsoleDevice(output: output, input: try pair.first.duplicate()))
        driver.start()
        writeAvailable(other.number, Array("abcdef".utf8))
        driver.run()
        #expect(driver.takeUsed(queue: 0) == nil)
        driver.submit([.room(2), .room(2)], queue: 0)
        driver.submit([.room(64)], queue: 0)
        driver.kick(0)
        let first = try #require(driver.takeUsed(queue: 0))
        #expect(first.written == 4 && first.bytes == Array("abcd".utf8))
        let second = try #require(driver.takeUsed(queue: 0))
        #expect(second.written == 2 && second.bytes.prefix(2) == Array("ef".utf8)[...])
        driver.submit([.room(64)], queue: 0)
        driver.kick(0)
        writeAvailable(other.number, Array("g".utf8))
        driver.run()
        #expect(driver.takeUsed(queue: 0)?.written == 1)
    }

    @Test func theEndOfInputEndsNothingElse() throws {
        let pair = try LocalSocket.Pair(.stream)
        let output = try LimitedOutput()
        let driver = try GuestDriver(ConsoleDevice(output: output, input: try pair.first.duplicate()))
        driver.start()
        driver.submit([.room(64)], queue: 0)
        driver.kick(0)
        shutdown(pair.second.number, CInt(SHUT_RDWR))
        driver.run()
        #expect(driver.takeUsed(queue: 0) == nil)
        #expect(driver.transport.fault == nil)
        _ = driver.request([.bytes([1])], queue: 1)
        #expect(output.taken == [1])
    }

    @Test func theSizeIsInTheConfiguration() throws {
        let output = try LimitedOutput()
        let driver = try GuestDriver(ConsoleDevice(output: output, input: nil, rows: 24, columns: 80))
        driver.start()
        #expect(driver.readConfiguration(0, width: 2) == 80)
        try driver.transport.withDevice(changesConfiguration: true) { $0.resize(rows: 50, columns: 132) }
        #expect(driver.readConfiguration(0, width: 4) == 132 | 50 << 16)
        #expect(driver.read(.interruptStatus) == 2)
    }

    @Test func theEmergencyRegisterWritesBeforeQueuesWork() throws {
        let output = try LimitedOutput()
        let driver = try GuestDriver(ConsoleDevice(output: output, input: nil))
        driver.negotiate()
        driver.transport.write(0x108, width: 4, 0x4142)
        driver.transport.write(0x100, width: 4, 0x43)
        #expect(output.taken == [0x42])
    }

    @Test func aBufferWithoutRoomIsTheEnd() throws {
        let pair = try LocalSocket.Pair(.stream)
        let output = try LimitedOutput()
        let driver = try GuestDriver(ConsoleDevice(output: output, input: try pair.first.duplicate()))
        driver.start()
        #expect(driver.request([.bytes([1])], queue: 0) == nil)
        #expect(driver.status.contains(.needsReset))
    }

    @Test func aSavedConsoleGoesOnInTheMiddleOfABuffer() throws {
        let output = try LimitedOutput()
        output.room = 2
        let first = try GuestDriver(ConsoleDevice(output: output, input: nil, rows: 3, columns: 4))
        first.start()
        first.submit([.bytes(Array("hello".utf8))], queue: 1)
        first.write(.queueNotify, 1)
        try first.loop.runOnce(timeout: 0)
        #expect(output.taken == Array("he".utf8))
        let state = first.transport.save()
        output.room = Int.max
        let second = try GuestDriver(ConsoleDevice(output: output, input: nil), memory: first.memory)
        try second.transport.restore(state)
        second.queues = first.queues
        second.run()
        #expect(output.taken == Array("hello".utf8))
        #expect(second.readConfiguration(0, width: 4) == 4 | 3 << 16)
    }
}
