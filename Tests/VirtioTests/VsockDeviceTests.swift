import Glibc
import GuestMemory
import LinuxSystem
import Testing

@testable import Virtio

/// Lets every port be connected to; the test holds the other ends. Used by one thread.
final class OpenHost: VsockHost, @unchecked Sendable {
    final class End {
        let socket: OwnedDescriptor
        init(_ socket: consuming OwnedDescriptor) { self.socket = socket }
    }
    var ends: [UInt32: End] = [:]
    var refused: Set<UInt32> = []

    func connect(port: UInt32) -> OwnedDescriptor? {
        guard !refused.contains(port), let pair = try? LocalSocket.Pair(.stream),
            let mine = try? pair.first.duplicate(), let theirs = try? pair.second.duplicate()
        else { return nil }
        ends[port] = End(mine)
        return theirs
    }

    /// The test's end of a connection.
    func socket(_ port: UInt32) throws -> CInt { try #require(ends[port]).socket.number }
}

@Suite struct VsockDeviceTests {
    /// A guest and the host that it reaches, used by one thread.
    private func makeGuest(
        buffers: Int = 8, bufferRoom: Int = 4096
    ) throws -> (guest: VsockGuest, host: OpenHost) {
        let host = OpenHost()
        return (try VsockGuest(host: host, buffers: buffers, bufferRoom: bufferRoom), host)
    }

    @Test func bytesGoBothWays() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        guest.send(.data, from: 1000, to: 5, data: Array("hello".utf8))
        #expect(readAvailable(try host.socket(5)) == Array("hello".utf8))
        writeAvailable(try host.socket(5), Array("world".utf8))
        let packet = try #require(try guest.receive())
        #expect(packet.operation == .data && packet.data == Array("world".utf8))
        #expect(packet.forwarded == 5)
    }

    @Test func portsThatNobodyServesAreRefused() throws {
        let (guest, host) = try makeGuest()
        host.refused = [9]
        guest.send(.request, from: 1000, to: 9)
        let packet = try #require(try guest.receive())
        #expect(packet.operation == .reset && packet.source == 9 && packet.destination == 1000)
    }

    @Test func packetsOfNoConnectionAreReset() throws {
        let (guest, _) = try makeGuest()
        for operation in [VsockOperation.data, .response, .shutdown, .creditUpdate, .creditRequest] {
            guest.send(operation, from: 1, to: 2)
            #expect(try guest.receive()?.operation == .reset)
        }
        guest.send(.reset, from: 1, to: 2)
        #expect(try guest.receive() == nil)
    }

    @Test func foreignAddressesTypesAndOperationsReachNobody() throws {
        let (guest, host) = try makeGuest()
        guest.send(guest.raw(1, from: 1, to: 5, source: 53), [])
        guest.send(guest.raw(1, from: 1, to: 5, destination: 3), [])
        guest.send(guest.raw(1, from: 1, to: 5, destination: 2 | 1 << 40), [])
        #expect(try guest.receive() == nil)
        guest.send(guest.raw(1, from: 1, to: 5, type: 2), [])
        let answer = try guest.receive()
        #expect(answer?.operation == .reset && answer?.type == 2)
        guest.send(guest.raw(0, from: 1, to: 5), [])
        #expect(try guest.receive()?.operation == .reset)
        guest.send(guest.raw(77, from: 1, to: 5), [])
        #expect(try guest.receive()?.operation == .reset)
        #expect(host.ends.isEmpty)
    }

    @Test func theGuestNeverGetsMoreThanItsBufferTakes() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5, bufferSize: 10)
        writeAvailable(try host.socket(5), Array(UInt8(0)..<25))
        #expect(try guest.receive()?.data == Array(0..<10))
        #expect(try guest.receive()?.operation == .creditRequest)
        #expect(try guest.receive() == nil)
        guest.send(.creditUpdate, from: 1000, to: 5, bufferSize: 10, forwarded: 4)
        #expect(try guest.receive()?.data == Array(10..<14))
        #expect(try guest.receive()?.operation == .creditRequest)
        guest.send(.creditUpdate, from: 1000, to: 5, bufferSize: 1000, forwarded: 14)
        #expect(try guest.receive()?.data == Array(14..<25))
        // A guest that says that it took what was never sent has no credit.
        guest.send(.creditUpdate, from: 1000, to: 5, bufferSize: 1000, forwarded: 5000)
        writeAvailable(try host.socket(5), [1])
        #expect(try guest.receive()?.operation == .creditRequest)
        #expect(try guest.receive() == nil)
    }

    @Test func theHostBuffersABoundedNumberOfBytes() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        let socket = try host.socket(5)
        let chunk = [UInt8](repeating: 9, count: 32 << 10)
        // Nobody reads: what the socket does not take stays with the device, until its buffer is full.
        var sent = 0
        while try guest.driver.transport.withDevice({
            $0.connections.values.allSatisfy { $0.room >= chunk.count }
        }) {
            guest.send(.data, from: 1000, to: 5, data: chunk)
            sent += chunk.count
        }
        #expect(try guest.driver.transport.withDevice { $0.connections.values.first?.outgoingCount } ?? 0 > 200 << 10)
        // As the host reads, all of it comes, and the guest is told that there is room.
        var received = 0
        while received < sent {
            received += readAvailable(socket).count
            guest.driver.run()
        }
        #expect(received == sent)
        var forwarded: UInt32 = 0
        while let packet = try guest.receive() {
            #expect(packet.operation == .creditUpdate)
            forwarded = packet.forwarded
        }
        #expect(Int(forwarded) > sent - Int(VsockConnection.bufferSize) / 2)
    }

    @Test func aGuestThatSendsMoreThanThereIsRoomForIsReset() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        _ = try host.socket(5)
        var reset = false
        for _ in 0..<64 where !reset {
            guest.send(.data, from: 1000, to: 5, data: [UInt8](repeating: 9, count: 32 << 10))
            if try guest.receive()?.operation == .reset { reset = true }
        }
        #expect(reset)
        #expect(try guest.driver.transport.withDevice { $0.connections.isEmpty })
    }

    @Test func theGuestMayCloseAfterAllWasHandedOn() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        guest.send(.data, from: 1000, to: 5, data: [1, 2, 3])
        guest.send(.shutdown, from: 1000, to: 5, flags: 3)
        #expect(try guest.receive()?.operation == .reset)
        let socket = try host.socket(5)
        #expect(readAvailable(socket) == [1, 2, 3])
        var byte: UInt8 = 0
        #expect(read(socket, &byte, 1) == 0)
        #expect(try guest.driver.transport.withDevice { $0.connections.isEmpty })
    }

    @Test func oneDirectionMayEndBeforeTheOther() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        let socket = try host.socket(5)
        guest.send(.shutdown, from: 1000, to: 5, flags: 2)
        var byte: UInt8 = 0
        #expect(read(socket, &byte, 1) == 0)
        writeAvailable(socket, [7])
        #expect(try guest.receive()?.data == [7])
        shutdown(socket, CInt(SHUT_WR))
        let end = try #require(try guest.receive())
        #expect(end.operation == .shutdown && end.flags & 2 == 2)
        guest.send(.shutdown, from: 1000, to: 5, flags: 3)
        #expect(try guest.receive()?.operation == .reset)
    }

    @Test func theHostsEndIsToldAfterItsLastBytes() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        writeAvailable(try host.socket(5), [1, 2])
        host.ends = [:]
        #expect(try guest.receive()?.data == [1, 2])
        #expect(try guest.receive()?.operation == .shutdown)
        // What the guest still sends is dropped, and it is told that nobody takes it.
        guest.send(.data, from: 1000, to: 5, data: [4])
        let end = try guest.receive()
        #expect(end?.operation == .shutdown && end?.flags == 3)
        guest.send(.reset, from: 1000, to: 5)
        #expect(try guest.driver.transport.withDevice { $0.connections.isEmpty })
    }

    @Test func packetsWaitForBuffersOfTheGuest() throws {
        let (guest, host) = try makeGuest(buffers: 1)
        guest.send(.request, from: 1000, to: 5)
        guest.send(.request, from: 1001, to: 6)
        #expect(try guest.receive(keeps: true)?.operation == .response)
        writeAvailable(try host.socket(5), [1])
        guest.driver.run()
        #expect(try guest.receive() == nil)
        for _ in 0..<4 { guest.driver.submit([.room(4096)], queue: 0) }
        guest.driver.kick(0)
        #expect(try guest.receive(keeps: true)?.operation == .response)
        #expect(try guest.receive(keeps: true)?.data == [1])
    }

    @Test func resetsThatNobodyTakesDoNotPileUp() throws {
        let (guest, _) = try makeGuest(buffers: 0)
        for port in UInt32(0)..<200 { guest.send(.data, from: port, to: 2) }
        #expect(try guest.driver.transport.withDevice { $0.resets.count } == VsockDevice.resetLimit)
        // The ring is full of packets that wait; with buffers they are all answered.
        #expect(guest.driver.transport.fault != nil || guest.driver.queues[1].available > guest.driver.queues[1].used)
    }

    @Test func waitingPacketsAreTakenOnceThereAreBuffers() throws {
        let (guest, _) = try makeGuest(buffers: 0)
        for port in UInt32(0)..<70 { guest.send(.data, from: port, to: 2) }
        var answers = 0
        for _ in 0..<70 {
            guest.driver.submit([.room(64)], queue: 0)
            guest.driver.kick(0)
            if guest.driver.takeUsed(queue: 0) != nil { answers += 1 }
        }
        #expect(answers == 70)
        while guest.driver.takeUsed(queue: 1) != nil {}
        #expect(guest.driver.queues[1].available == guest.driver.queues[1].used)
    }

    @Test func aSecondRequestForAConnectionEndsIt() throws {
        let (guest, _) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        guest.send(.request, from: 1000, to: 5)
        #expect(try guest.receive()?.operation == .reset)
        guest.send(.response, from: 1000, to: 5)
        #expect(try guest.receive()?.operation == .reset)
    }

    @Test func packetsThatLieAboutTheirLengthAreTheEnd() throws {
        for (length, data) in [(UInt32(5), [UInt8](repeating: 1, count: 4)), (UInt32.max, [1])] {
            let (guest, _) = try makeGuest()
            try guest.connect(from: 1000, to: 5)
            guest.send(guest.raw(5, from: 1000, to: 5, length: length, bufferSize: 100), data)
            #expect(guest.driver.status.contains(.needsReset))
        }
        let (guest, _) = try makeGuest()
        guest.send([1, 2, 3], [])
        #expect(guest.driver.status.contains(.needsReset))
        let (other, _) = try makeGuest(buffers: 1, bufferRoom: 44)
        other.send(.data, from: 1, to: 2)
        #expect(other.driver.status.contains(.needsReset))
    }

    @Test func theConnectionsAreBounded() throws {
        let (guest, host) = try makeGuest()
        for port in UInt32(0)..<16 { try guest.connect(from: port, to: port) }
        guest.send(.request, from: 5000, to: 16)
        #expect(try guest.receive()?.operation == .reset)
        // One that ends makes room for another.
        guest.send(.reset, from: 3, to: 3)
        try guest.connect(from: 5000, to: 16)
        #expect(host.ends.count == 17)
    }

    @Test func aResetOfTheDeviceEndsAllConnections() throws {
        let (guest, host) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        guest.driver.write(.status, 0)
        var byte: UInt8 = 0
        #expect(read(try host.socket(5), &byte, 1) == 0)
    }

    @Test func aCopyTellsItsGuestThatConnectionsAreLost() throws {
        let (guest, _) = try makeGuest()
        try guest.connect(from: 1000, to: 5)
        let host = OpenHost()
        let copy = try GuestDriver(
            VsockDevice(guestCID: VsockGuest.cid, host: host), memory: guest.driver.memory)
        try copy.transport.restore(guest.driver.transport.save())
        copy.queues = guest.driver.queues
        copy.submit([.room(8)], queue: 2)
        copy.kick(2)
        let event = try #require(copy.takeUsed(queue: 2))
        #expect(event.written == 4 && event.bytes.prefix(4) == [0, 0, 0, 0])
    }
}
