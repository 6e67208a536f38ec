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

    private func channels(processors: Int = 1) throws -> EventChannels {
        try XenDomain(memory, memorySize: 0, processors: processors).channels
    }

    private func word(_ offset: UInt64) throws -> UInt64 {
        try memory.read(UInt64.self, at: GuestAddress(shared + offset))
    }

    @Test func raisesABoundInterrupt() throws {
        let channels = try channels()
        let port = try channels.bind(.physicalInterrupt(5), to: 0)
        #expect(port == 1)
        try channels.raise(.physicalInterrupt(5), by: 0)
        #expect(try word(2048) == 2)
        #expect(try channels.isPending(0))
        #expect(try word(8) == 1)
    }

    @Test func losesAnInterruptThatNobodyBound() throws {
        let channels = try channels()
        try channels.raise(.physicalInterrupt(5), by: 0)
        #expect(try !channels.isPending(0))
    }

    @Test func bindsAnInterruptOnce() throws {
        let channels = try channels()
        let first = try channels.bind(.virtualInterrupt(0), to: 0)
        #expect(try channels.bind(.virtualInterrupt(0), to: 0) == first)
        #expect(try channels.bind(.other, to: 0) != channels.bind(.other, to: 0))
    }

    @Test func waitsWhileMasked() throws {
        let channels = try channels()
        let port = Int(try channels.bind(.virtualInterrupt(0), to: 0))
        try memory.write(UInt64(1) << UInt64(port), at: GuestAddress(shared + 2560))
        try channels.raise(.virtualInterrupt(0), by: 0)
        #expect(try !channels.isPending(0))
        try channels.unmask(port: port, by: 0)
        #expect(try channels.isPending(0))
        #expect(try word(2560) == 0)
    }

    @Test func endsWhenAllChannelsAreTaken() throws {
        let channels = try channels()
        for _ in 1..<EventChannels.count { _ = try channels.bind(.other, to: 0) }
        #expect(throws: HypercallError.noSpace) { try channels.bind(.other, to: 0) }
        try channels.close(7)
        #expect(try channels.bind(.other, to: 0) == 7)
    }

    @Test(arguments: [UInt32(0), 1, 4096, .max]) func refusesToCloseWhatIsNotBound(_ port: UInt32) throws {
        let channels = try channels()
        #expect(throws: HypercallError.invalid) { try channels.close(port) }
    }

    @Test func tellsTheProcessorThatAChannelIsBoundTo() throws {
        let channels = try channels(processors: 3)
        let port = try channels.bind(.interprocessor, to: 2)
        try channels.raise(port: Int(port), by: 0)
        #expect(try channels.isPending(2))
        #expect(try !channels.isPending(0) && !channels.isPending(1))
        // Its own structure, after those of the first two.
        #expect(try word(2 * 64 + 8) == 1)
    }

    @Test func givesEachProcessorATimerOfItsOwn() throws {
        let channels = try channels(processors: 2)
        let ports = try (0..<2).map { try channels.bind(.virtualInterrupt(EventChannels.timer), to: $0) }
        #expect(ports[0] != ports[1])
        try channels.raise(.virtualInterrupt(EventChannels.timer), by: 1)
        #expect(try channels.isPending(1) && !channels.isPending(0))
    }

    @Test func bindsOnlyWhatIsNoProcessorsOwnToAnother() throws {
        let channels = try channels(processors: 2)
        let device = try channels.bind(.physicalInterrupt(5), to: 0)
        try channels.rebind(device, to: 1)
        try channels.raise(.physicalInterrupt(5), by: 0)
        #expect(try channels.isPending(1) && !channels.isPending(0))
        let timer = try channels.bind(.virtualInterrupt(EventChannels.timer), to: 0)
        let other = try channels.bind(.interprocessor, to: 0)
        for port in [timer, other, 77, 0, .max] {
            #expect(throws: HypercallError.invalid) { try channels.rebind(port, to: 1) }
        }
    }

    @Test func takesAlongWhatWaitsWhenAStructureIsMoved() throws {
        let channels = try channels(processors: 2)
        try channels.raise(port: Int(try channels.bind(.interprocessor, to: 1)), by: 0)
        try channels.moveInformation(of: 1, to: shared + 0x2000)
        #expect(try channels.isPending(1))
        #expect(try word(0x2008) == 1)
    }
}
