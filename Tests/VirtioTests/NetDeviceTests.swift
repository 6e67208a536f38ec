import Glibc
import LinuxSystem
import Testing

@testable import Virtio

/// A socket that keeps the bounds of packets, in the place of a TAP device; used by one thread.
private final class PacketInterface: NetInterface, @unchecked Sendable {
    let owned: OwnedDescriptor
    var descriptor: CInt { owned.number }
    var offload: FeatureBits?

    init(_ owned: consuming OwnedDescriptor) throws {
        try owned.setNonBlocking()
        self.owned = owned
    }

    func setOffload(_ features: FeatureBits) { offload = features }
}

@Suite struct NetDeviceTests {
    private let address: [UInt8] = [2, 0, 0, 1, 2, 3]
    private let header = [UInt8](repeating: 0, count: 12)

    private func withDriver(
        _ body: (GuestDriver<NetDevice>, _ wire: CInt, PacketInterface) throws -> Void
    ) throws {
        let pair = try LocalSocket.Pair()
        let interface = try PacketInterface(try pair.first.duplicate())
        let driver = try GuestDriver(NetDevice(interface, address: address, mtu: 1400))
        driver.start()
        try body(driver, pair.second.number, interface)
    }

    @Test func packetsGoBothWays() throws {
        try withDriver { driver, wire, _ in
            _ = driver.request([.bytes(header), .bytes([1, 2, 3]), .bytes([4])], queue: 1)
            #expect(readAvailable(wire) == header + [1, 2, 3, 4])
            driver.submit([.room(2000)], queue: 0)
            driver.kick(0)
            writeAvailable(wire, header + [9, 8, 7])
            driver.run()
            let used = try #require(driver.takeUsed(queue: 0))
            #expect(used.written == 15)
            // The count of buffers, which the interface does not fill in.
            #expect(Array(used.bytes.prefix(15)) == header.dropLast(2) + [1, 0] + [9, 8, 7])
        }
    }

    @Test func packetsWaitForBuffersOfTheGuest() throws {
        try withDriver { driver, wire, _ in
            for byte in UInt8(1)...3 { writeAvailable(wire, header + [byte]) }
            driver.run()
            for _ in 0..<3 { driver.submit([.room(2000)], queue: 0) }
            driver.kick(0)
            for byte in UInt8(1)...3 { #expect(driver.takeUsed(queue: 0)?.bytes[12] == byte) }
        }
    }

    @Test func packetsWaitForRoomOnTheHost() throws {
        try withDriver { driver, wire, interface in
            // Fill the way until it takes no more.
            while writeAvailable(interface.descriptor, header) > 0 {}
            #expect(driver.request([.bytes(header + [5])], queue: 1) == nil)
            while readAvailable(wire) != [] {}
            driver.run()
            #expect(driver.takeUsed(queue: 1) != nil)
            #expect(readAvailable(wire) == header + [5])
        }
    }

    @Test func theConfigurationHasAddressAndMTU() throws {
        try withDriver { driver, _, interface in
            #expect((0..<6).map { UInt8(driver.readConfiguration($0, width: 1)) } == address)
            #expect(driver.readConfiguration(10, width: 2) == 1400)
            #expect(interface.offload?.contains(FeatureBits(bit: 7)) == true)
        }
    }

    @Test func packetsOfImpossibleLengthAreTheEnd() throws {
        for length in [0, 11, 12 + 14 + 65535 + 21] {
            try withDriver { driver, wire, _ in
                #expect(driver.request([.bytes([UInt8](repeating: 0, count: length))], queue: 1) == nil)
                #expect(driver.status.contains(.needsReset))
                #expect(readAvailable(wire) == [])
            }
        }
        try withDriver { driver, _, _ in
            #expect(driver.request([.room(12)], queue: 0) == nil)
            #expect(driver.status.contains(.needsReset))
        }
    }

    @Test func anInterfaceThatIsGoneStopsNothingElse() throws {
        try withDriver { driver, wire, _ in
            driver.submit([.room(2000)], queue: 0)
            driver.kick(0)
            shutdown(wire, CInt(SHUT_RDWR))
            driver.run()
            #expect(driver.request([.bytes(header + [1])], queue: 1) != nil)
            #expect(driver.transport.fault == nil)
        }
    }
}
