import GuestMemory
import LinuxSystem
import Testing

@testable import Virtio

/// A host that the test goes on using beside the device: both by one thread.
private final class SharedHost: VsockHost, @unchecked Sendable {
    private let host: any VsockHost
    init(_ host: any VsockHost) { self.host = host }
    func connect(port: UInt32) -> OwnedDescriptor? { host.connect(port: port) }
}

/// The guest's side of the socket device: packets of its driver.
final class VsockGuest {
    struct Packet: Equatable {
        var source: UInt32
        var destination: UInt32
        var operation: VsockOperation
        var flags: UInt32 = 0
        var bufferSize: UInt32 = 0
        var forwarded: UInt32 = 0
        var data: [UInt8] = []
        var type: UInt16 = 1
    }

    static let cid: UInt32 = 52
    let driver: GuestDriver<VsockDevice>
    /// Room of a buffer for packets of the host.
    let bufferRoom: Int

    init(
        host: any VsockHost, listener: consuming OwnedDescriptor? = nil, buffers: Int = 8,
        bufferRoom: Int = 4096, memory: GuestMemory? = nil,
        connectionLimit: Int = 16
    ) throws {
        self.bufferRoom = bufferRoom
        let host = SharedHost(host)
        driver = try GuestDriver(
            VsockDevice(
                guestCID: Self.cid, host: host, listener: listener, connectionLimit: connectionLimit),
            memory: memory)
        driver.start()
        for _ in 0..<buffers { driver.submit([.room(bufferRoom)], queue: 0) }
        driver.kick(0)
    }

    /// Sends a packet to the host.
    func send(
        _ operation: VsockOperation, from guestPort: UInt32, to hostPort: UInt32, data: [UInt8] = [],
        flags: UInt32 = 0, bufferSize: UInt32 = 1 << 18, forwarded: UInt32 = 0
    ) {
        send(
            raw(
                operation.rawValue, from: guestPort, to: hostPort, length: UInt32(data.count), flags: flags,
                bufferSize: bufferSize, forwarded: forwarded), data)
    }

    func send(_ header: [UInt8], _ data: [UInt8]) {
        driver.submit(data.isEmpty ? [.bytes(header)] : [.bytes(header), .bytes(data)], queue: 1)
        driver.kick(1)
        while driver.takeUsed(queue: 1) != nil {}
    }

    func raw(
        _ operation: UInt16, from guestPort: UInt32, to hostPort: UInt32, length: UInt32 = 0, flags: UInt32 = 0,
        bufferSize: UInt32 = 0, forwarded: UInt32 = 0, source: UInt64 = UInt64(cid), destination: UInt64 = 2,
        type: UInt16 = 1
    ) -> [UInt8] {
        source.littleEndianBytes + destination.littleEndianBytes + guestPort.littleEndianBytes
            + hostPort.littleEndianBytes + length.littleEndianBytes + type.littleEndianBytes
            + operation.littleEndianBytes + flags.littleEndianBytes + bufferSize.littleEndianBytes
            + forwarded.littleEndianBytes
    }

    /// The next packet of the host; its buffer is offered again unless `keeps`.
    func receive(keeps: Bool = false) throws -> Packet? {
        driver.run()
        guard let used = driver.takeUsed(queue: 0) else { return nil }
        if !keeps {
            driver.submit([.room(bufferRoom)], queue: 0)
            driver.kick(0)
        }
        let bytes = used.bytes
        func number<Value: FixedWidthInteger>(_ type: Value.Type, _ offset: Int) -> Value {
            bytes[offset..<offset + MemoryLayout<Value>.size].reversed().reduce(0) { $0 << 8 | Value($1) }
        }
        #expect(number(UInt64.self, 0) == 2)
        #expect(number(UInt64.self, 8) == UInt64(Self.cid))
        let length = Int(number(UInt32.self, 24))
        #expect(used.written == 44 + length)
        return Packet(
            source: number(UInt32.self, 16), destination: number(UInt32.self, 20),
            operation: try #require(VsockOperation(rawValue: number(UInt16.self, 30))), flags: number(UInt32.self, 32),
            bufferSize: number(UInt32.self, 36), forwarded: number(UInt32.self, 40),
            data: Array(bytes[44..<44 + length]), type: number(UInt16.self, 28))
    }

    /// Connects to a port of the host.
    func connect(from guestPort: UInt32, to hostPort: UInt32, bufferSize: UInt32 = 1 << 18) throws {
        send(.request, from: guestPort, to: hostPort, bufferSize: bufferSize)
        let answer = try #require(try receive())
        #expect(answer.operation == .response && answer.source == hostPort && answer.destination == guestPort)
        #expect(answer.bufferSize == VsockConnection.bufferSize)
    }
}
