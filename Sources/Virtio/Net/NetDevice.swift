import Glibc
import GuestMemory
import LinuxSystem
import Wire

/// The network device (virtio 1.2, 5.1) with one pair of queues. Packets go between the guest's buffers and the
/// interface without a copy of ours, and their headers unread: the interface's kernel checks them.
public final class NetDevice: VirtioDevice {
    /// Network device.
    public static let kind = NetLayout.kind
    /// Packets to the guest, packets from the guest.
    public let queueSizes: [UInt16] = [256, 256]
    /// As of `VirtioDevice`.
    public let features: FeatureBits = [
        NetLayout.Feature.checksum, NetLayout.Feature.guestChecksum, NetLayout.Feature.mtu,
        NetLayout.Feature.macAddress, NetLayout.Feature.guestSegments4, NetLayout.Feature.guestSegments6,
        NetLayout.Feature.guestECN, NetLayout.Feature.hostSegments4, NetLayout.Feature.hostSegments6,
        NetLayout.Feature.hostECN, NetLayout.Feature.status,
    ]
    /// As of `VirtioDevice`.
    public let configuration: [UInt8]

    private static let receiveQueue = 0
    private static let transmitQueue = 1
    private static let token: UInt64 = 1

    private let interface: any NetInterface
    private var context: DeviceContext?
    /// What the interface is watched for; empty while it is not.
    private var watched: Readiness = []
    /// The next packet of the guest waits for room.
    private var waitsForRoom = false
    /// The next packet of the host waits for a buffer of the guest.
    private var waitsForBuffer = false
    /// The interface is no more: reading failed for good.
    private var isGone = false

    /// Makes a device.
    ///
    /// - Parameters:
    ///   - address: six bytes.
    ///   - mtu: the longest IP packet that the guest should send.
    public init(_ interface: any NetInterface, address: [UInt8], mtu: UInt16) {
        precondition(address.count == 6)
        self.interface = interface
        // struct virtio_net_config of linux/virtio_net.h
        var wire = WireWriter(capacity: 12)
        wire.putRest(address)
        wire.put(NetLayout.linkUp)
        wire.put(UInt16(0))  // max_virtqueue_pairs: not offered
        wire.put(mtu)
        configuration = wire.bytes
    }

    /// As of `VirtioDevice`.
    public func activate(_ context: DeviceContext) throws(VirtioError) {
        self.context = context
        try watching { () throws(SystemError) in try interface.setOffload(context.features) }
        try updateWatch()
    }

    /// As of `VirtioDevice`.
    public func reset() {
        // What cannot be taken from the set is not in it.
        if !watched.isEmpty { try? context?.watch.remove(interface.descriptor) }
        watched = []
        waitsForRoom = false
        waitsForBuffer = false
        context = nil
    }

    /// As of `VirtioDevice`.
    public func handle(queue index: Int) throws(VirtioError) {
        if index == Self.transmitQueue {
            if !waitsForRoom { try transmit() }
        } else {
            try receive()
        }
        try updateWatch()
    }

    /// As of `VirtioDevice`.
    public func handle(token: UInt64, _ readiness: Readiness) throws(VirtioError) {
        if readiness.contains(.writable) { try transmit() }
        if !readiness.isDisjoint(with: [.readable, .error, .hangup]) { try receive() }
        try updateWatch()
    }

    private func transmit() throws(VirtioError) {
        guard let queue = context?.queues[Self.transmitQueue] else { return }
        waitsForRoom = false
        while try queue.next() {
            let length = queue.chain.readableLength
            guard (NetLayout.headerSize...NetLayout.packetLimit).contains(length) else {
                throw .request("network packet of \(length) bytes")
            }
            queue.vectors.removeAll()
            try queue.chain.appendReadable(at: 0, count: length, to: &queue.vectors)
            do throws(SystemError) {
                _ = try queue.vectors.write(to: interface.descriptor, "network interface")
            } catch {
                if error.number == EAGAIN {
                    waitsForRoom = true
                    return queue.putBack()
                }
                // The host refuses the packet (a header that makes no sense) or is down: it is lost, as on a wire.
            }
            try queue.complete(written: 0)
        }
    }

    private func receive() throws(VirtioError) {
        guard !isGone, let queue = context?.queues[Self.receiveQueue] else { return }
        waitsForBuffer = false
        while try queue.next() {
            let room = min(queue.chain.writableLength, NetLayout.packetLimit)
            guard room > NetLayout.headerSize else { throw .request("network buffer of \(room) bytes") }
            queue.vectors.removeAll()
            try queue.chain.appendWritable(at: 0, count: room, to: &queue.vectors)
            let count: Int
            do throws(SystemError) {
                count = try queue.vectors.read(from: interface.descriptor, "network interface")
            } catch {
                if error.number != EAGAIN { isGone = true }
                return queue.putBack()
            }
            guard count >= Int(NetLayout.headerSize) else {
                isGone = true
                return queue.putBack()
            }
            // One buffer a packet: merging them is not offered. The interface leaves this field of the header as it was.
            try queue.chain.write(UInt16(1), at: NetLayout.bufferCountOffset)
            try queue.complete(written: UInt64(count))
        }
        // More than a turn's packets come back to the queue by themselves.
        waitsForBuffer = true
    }

    /// Watches for what can be handled: else the loop would be told of it again and again.
    private func updateWatch() throws(VirtioError) {
        guard let watch = context?.watch else { return }
        var wanted: Readiness = []
        if !waitsForBuffer, context?.queues[Self.receiveQueue] != nil { wanted.insert(.readable) }
        if waitsForRoom { wanted.insert(.writable) }
        if isGone { wanted = [] }
        guard wanted != watched else { return }
        let descriptor = interface.descriptor
        try watching { () throws(SystemError) in
            if wanted.isEmpty {
                try watch.remove(descriptor)
            } else if watched.isEmpty {
                try watch.add(descriptor, wanted, token: Self.token)
            } else {
                try watch.modify(descriptor, wanted, token: Self.token)
            }
        }
        watched = wanted
    }
}
