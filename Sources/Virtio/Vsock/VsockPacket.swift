import GuestMemory

/// Numbers of the socket device (virtio 1.2, 5.10 "Socket Device"; `linux/virtio_vsock.h`).
enum VsockLayout {
    static let kind: UInt32 = 19
    /// The host's address, and the lowest and highest that a guest may have.
    static let hostCID: UInt64 = 2
    static let guestCIDs: ClosedRange<UInt32> = 3...0xffff_fffe
    /// VIRTIO_VSOCK_TYPE_STREAM, the only type that we offer.
    static let stream: UInt16 = 1
    /// VIRTIO_VSOCK_EVENT_TRANSPORT_RESET: the guest drops its connections.
    static let transportReset: UInt32 = 0
    /// The most bytes of a packet's data (VIRTIO_VSOCK_MAX_PKT_BUF_SIZE of Linux).
    static let dataLimit: UInt32 = 64 << 10
}

/// What a packet does.
enum VsockOperation: UInt16 {
    case request = 1
    case response = 2
    case reset = 3
    case shutdown = 4
    case data = 5
    case creditUpdate = 6
    case creditRequest = 7
}

/// Which directions a side ends: flags of a shutdown packet.
struct VsockShutdown: OptionSet {
    let rawValue: UInt32
    /// It takes no more data.
    static let receive = VsockShutdown(rawValue: 1)
    /// It sends no more data.
    static let send = VsockShutdown(rawValue: 2)
}

/// The header of a packet: struct virtio_vsock_hdr. Data follows it.
struct VsockHeader {
    var sourceCID: UInt64
    var destinationCID: UInt64
    var sourcePort: UInt32
    var destinationPort: UInt32
    /// Bytes of data.
    var length: UInt32
    var type: UInt16
    var operation: UInt16
    var flags: UInt32
    /// How much the sender takes without having forwarded it.
    var bufferSize: UInt32
    /// How much it has forwarded, counted through all 32-bit values.
    var forwarded: UInt32

    /// Bytes on the wire.
    static let size: UInt64 = 44

    /// Reads the header of a packet of the guest.
    init(_ chain: DescriptorChain) throws(VirtioError) {
        guard chain.readableLength >= Self.size else {
            throw .request("socket packet of \(chain.readableLength) bytes")
        }
        sourceCID = try chain.read(UInt64.self, at: 0)
        destinationCID = try chain.read(UInt64.self, at: 8)
        sourcePort = try chain.read(UInt32.self, at: 16)
        destinationPort = try chain.read(UInt32.self, at: 20)
        length = try chain.read(UInt32.self, at: 24)
        type = try chain.read(UInt16.self, at: 28)
        operation = try chain.read(UInt16.self, at: 30)
        flags = try chain.read(UInt32.self, at: 32)
        bufferSize = try chain.read(UInt32.self, at: 36)
        forwarded = try chain.read(UInt32.self, at: 40)
    }

    /// A packet from the host to the guest, without data.
    init(
        toGuest guestCID: UInt32, from hostPort: UInt32, to guestPort: UInt32, _ operation: VsockOperation,
        type: UInt16 = VsockLayout.stream
    ) {
        sourceCID = VsockLayout.hostCID
        destinationCID = UInt64(guestCID)
        sourcePort = hostPort
        destinationPort = guestPort
        length = 0
        self.type = type
        self.operation = operation.rawValue
        flags = 0
        bufferSize = 0
        forwarded = 0
    }

    /// Writes the header into a buffer of the guest.
    func write(to chain: DescriptorChain) throws(VirtioError) {
        try chain.write(sourceCID, at: 0)
        try chain.write(destinationCID, at: 8)
        try chain.write(sourcePort, at: 16)
        try chain.write(destinationPort, at: 20)
        try chain.write(length, at: 24)
        try chain.write(type, at: 28)
        try chain.write(operation, at: 30)
        try chain.write(flags, at: 32)
        try chain.write(bufferSize, at: 36)
        try chain.write(forwarded, at: 40)
    }
}
