import GuestMemory
import LinuxSystem
import Testing
import Wire

@testable import Virtio

@Suite struct TransportTests {
    @Test func theDeviceIsFoundByItsRegisters() throws {
        let driver = try GuestDriver(EchoDevice())
        #expect(driver.read(.magicValue) == 0x7472_6976)
        #expect(driver.read(.version) == 2)
        #expect(driver.read(.deviceID) == 42)
        #expect(driver.offeredFeatures == [FeatureBits(bit: 3), .version1, .eventIndex, .indirectDescriptors])
        driver.write(.queueSelect, 1)
        #expect(driver.read(.queueSizeMaximum) == 4)
        driver.write(.queueSelect, 2)
        #expect(driver.read(.queueSizeMaximum) == 0)
        #expect(driver.read(.sharedMemoryLengthLow) == UInt32.max)
    }

    @Test func accessesOfOtherWidthsAndPlacesDoNothing() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        for width in [1, 2, 8] {
            #expect(driver.transport.read(0, width: width) == 0)
            driver.transport.write(MMIORegister.status.rawValue, width: width, 0)
        }
        for offset in [UInt64(0x1), 0x18, 0x54, 0xfe, 0x3] {
            #expect(driver.transport.read(offset, width: 4) == 0)
            driver.transport.write(offset, width: 4, 0xffff_ffff)
        }
        #expect(driver.status.rawValue == 15)
        #expect(driver.transport.read(UInt64.max, width: 8) == 0)
        driver.transport.write(UInt64.max - 2, width: 8, 5)
    }

    @Test func theStatusGoesForwardInOrder() throws {
        let driver = try GuestDriver(EchoDevice())
        // The driver is ready before anything else: it is not.
        driver.write(.status, 4)
        #expect(driver.status == [])
        driver.write(.status, 2)
        #expect(driver.status == [])
        driver.write(.status, 1)
        driver.write(.status, 3)
        #expect(driver.status == [.acknowledge, .driver])
        // Bits cannot be taken back, and NEEDS_RESET is not the driver's.
        driver.write(.status, 1)
        driver.write(.status, 64 + 3)
        #expect(driver.status == [.acknowledge, .driver])
        // Without VERSION_1 there is no agreement.
        driver.write(.status, 11)
        #expect(driver.status == [.acknowledge, .driver])
        driver.write(.status, 0)
        #expect(driver.status == [])
    }

    @Test func featuresThatWereNotOfferedAreNotAccepted() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.negotiate([.version1, FeatureBits(bit: 5)])
        #expect(!driver.status.contains(.featuresAccepted))
        driver.negotiate([.version1, FeatureBits(bit: 3)])
        #expect(driver.status.contains(.featuresAccepted))
        // And no more after that.
        driver.write(.driverFeaturesSelect, 0)
        driver.write(.driverFeatures, 0xffff_ffff)
        driver.write(.status, 15)
        #expect(driver.status.rawValue == 15)
        #expect(try driver.transport.withDevice { $0.context?.features } == [.version1, FeatureBits(bit: 3)])
    }

    @Test func queuesDoNotMoveWhileTheyAreReady() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        driver.write(.queueSelect, 0)
        driver.write(.queueDescriptorsLow, 0x10)
        driver.write(.queueSize, 3)
        #expect(driver.request([.bytes([7]), .room(1)], queue: 0)?.bytes == [7])
    }

    @Test func aDriverThatFailsStopsTheDevice() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        driver.write(.status, 15 | 128)
        #expect(driver.request([.bytes([7]), .room(1)], queue: 0) == nil)
        #expect(driver.status.contains(.failed))
    }

    @Test func theConfigurationIsReadByAnyWidthAndWrittenByADriver() throws {
        let driver = try GuestDriver(EchoDevice())
        #expect(driver.readConfiguration(0, width: 4) == 0x0403_0201)
        #expect(driver.readConfiguration(1, width: 2) == 0x0302)
        #expect(driver.readConfiguration(4, width: 4) == 5)
        #expect(driver.readConfiguration(5, width: 1) == 0)
        #expect(driver.readConfiguration(0xf00, width: 8) == 0)
        driver.transport.write(0x102, width: 2, 0x0908)
        #expect(driver.readConfiguration(2, width: 2) == 0x0403)
        driver.start()
        driver.transport.write(0x102, width: 2, 0x0908)
        #expect(driver.readConfiguration(2, width: 2) == 0x0908)
    }

    @Test func changesOfTheConfigurationAreAnnounced() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        let generation = driver.read(.configurationGeneration)
        try driver.transport.withDevice(changesConfiguration: true) { $0.configuration[0] = 77 }
        #expect(driver.read(.configurationGeneration) != generation)
        #expect(driver.read(.interruptStatus) == 2)
        #expect(driver.interrupts.count == 1)
        #expect(driver.readConfiguration(0, width: 1) == 77)
    }

    @Test func aSavedDeviceGoesOnInAnother() throws {
        let first = try GuestDriver(EchoDevice())
        first.start()
        for byte in UInt8(0)..<20 { _ = first.request([.bytes([byte]), .room(1)], queue: 0) }
        first.submit([.bytes([99]), .room(1)], queue: 0)
        var wire = WireWriter()
        first.transport.save().encode(to: &wire)

        let second = try GuestDriver(EchoDevice(), memory: first.memory)
        var reader = WireReader(wire.bytes)
        let state = try TransportState(from: &reader)
        #expect(state == first.transport.save())
        try second.transport.restore(state)
        second.queues = first.queues
        // What was available when the state was saved is served without a kick.
        second.run()
        #expect(second.takeUsed(queue: 0)?.bytes == [99])
        #expect(second.request([.bytes([5]), .room(1)], queue: 0)?.written == 1)
        #expect(second.status.rawValue == 15)
    }

    @Test func aStateThatDoesNotFitIsRefused() throws {
        let driver = try GuestDriver(EchoDevice())
        driver.start()
        let good = driver.transport.save()
        func expectRefusal(_ change: (inout TransportState) -> Void) throws {
            var state = good
            change(&state)
            let other = try GuestDriver(EchoDevice(), memory: driver.memory)
            #expect(throws: RestoreError.self) { try other.transport.restore(state) }
        }
        try expectRefusal { $0.kind = 1 }
        try expectRefusal { $0.queues.removeLast() }
        try expectRefusal { $0.driverFeatures = UInt64.max }
        try expectRefusal { $0.device = [1] }
        try expectRefusal { $0.queues[0].layout.size = 5 }
        try expectRefusal { $0.queues[0].layout.used = GuestAddress(4) }
        var wire = WireWriter()
        good.encode(to: &wire)
        for length in 0..<wire.bytes.count {
            var reader = WireReader(Array(wire.bytes.prefix(length)))
            #expect(throws: WireError.self) { try TransportState(from: &reader) }
        }
    }
}
