import Testing

@testable import Virtio

@Suite struct RandomDeviceTests {
    @Test func buffersAreFilledWithDifferentBytes() throws {
        let driver = try GuestDriver(RandomDevice())
        driver.start()
        let first = try #require(driver.request([.room(20), .room(44)], queue: 0))
        let second = try #require(driver.request([.room(64)], queue: 0))
        #expect(first.written == 64 && second.written == 64)
        #expect(first.bytes != second.bytes)
        #expect(Set(first.bytes).count > 8)
    }

    @Test func aHugeBufferGetsABoundedAnswer() throws {
        let driver = try GuestDriver(RandomDevice())
        driver.start()
        let answer = try #require(driver.request([.room(1 << 20)], queue: 0))
        #expect(answer.written == 256)
        #expect(answer.bytes.dropFirst(256).allSatisfy { $0 == 0 })
    }

    @Test func aBufferWithoutRoomIsTheEnd() throws {
        let driver = try GuestDriver(RandomDevice())
        driver.start()
        #expect(driver.request([.bytes([1, 2])], queue: 0) == nil)
        #expect(driver.status.contains(.needsReset))
    }
}
