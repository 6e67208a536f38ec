import CGuestMonitor
import GuestMemory
import MachineMonitor
import Testing

@testable import XenMachine

@Suite struct EventChannelTests {
    private let memory: GuestMemory
    private let shared = MonitorArea.address(Int(GM_SHARED_INFO))

    init() throws {
        memory = try GuestMemory([GuestRegion(.anonymous(size: 4 << 20), at: GuestAddress(MonitorArea.start))])
    }

    private func word(_ offset: UInt64) throws -> UInt64 {
        try memory.read(UInt64.self, at: GuestAddress(shared + offset))
    }

    @Test func raisesABoundInterrupt() throws {
        var channels = EventChannels(memory)
        let port = try channels.bind(.physicalInterrupt(5))
        #expect(port == 1)
        try channels.raise(.physicalInterrupt(5))
        #expect(try word(2048) == 2)
        #expect(try channels.isPending)
        #expect(try word(8) == 1)
    }

    @Test func losesAnInterruptThatNobodyBound() throws {
        let channels = EventChannels(memory)
        try channels.raise(.physicalInterrupt(5))
        #expect(try !channels.isPending)
    }

    @Test func bindsAnInterruptOnce() throws {
        var channels = EventChannels(memory)
        let first = try channels.bind(.virtualInterrupt(0))
        #expect(try channels.bind(.virtualInterrupt(0)) == first)
        #expect(try channels.bind(.other) != channels.bind(.other))
    }

    @Test func waitsWhileMasked() throws {
        var channels = EventChannels(memory)
        let port = Int(try channels.bind(.virtualInterrupt(0)))
        try memory.write(UInt64(1) << UInt64(port), at: GuestAddress(shared + 2560))
        try channels.raise(.virtualInterrupt(0))
        #expect(try !channels.isPending)
        try channels.unmask(port: port)
        #expect(try channels.isPending)
        #expect(try word(2560) == 0)
    }

    @Test func endsWhenAllChannelsAreTaken() throws {
        var channels = EventChannels(memory)
        for _ in 1..<EventChannels.count { _ = try channels.bind(.other) }
        #expect(throws: HypercallError.noSpace) { try channels.bind(.other) }
        try channels.close(7)
        #expect(try channels.bind(.other) == 7)
    }

    @Test(arguments: [UInt32(0), 1, 4096, .max]) func refusesToCloseWhatIsNotBound(_ port: UInt32) {
        var channels = EventChannels(memory)
        #expect(throws: HypercallError.invalid) { try channels.close(port) }
    }
}
