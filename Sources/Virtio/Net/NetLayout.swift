/// Numbers of the network device (virtio 1.2, 5.1 "Network Device"; `linux/virtio_net.h`).
enum NetLayout {
    static let kind: UInt32 = 1
    /// Bytes of struct virtio_net_hdr_v1, which precedes every packet.
    static let headerSize: UInt64 = 12
    /// Where `num_buffers` lies in it.
    static let bufferCountOffset: UInt64 = 10
    /// The longest packet: a segment of TCP that is to be cut, with its Ethernet and IP headers, behind the header.
    static let packetLimit: UInt64 = headerSize + 14 + 65535 + 20
    /// VIRTIO_NET_S_LINK_UP.
    static let linkUp: UInt16 = 1

    enum Feature {
        /// The device takes packets without checksum.
        static let checksum = FeatureBits(bit: 0)
        /// The driver takes packets without checksum.
        static let guestChecksum = FeatureBits(bit: 1)
        static let mtu = FeatureBits(bit: 3)
        static let macAddress = FeatureBits(bit: 5)
        /// The driver takes long segments of TCP over IPv4, over IPv6, with ECN.
        static let guestSegments4 = FeatureBits(bit: 7)
        static let guestSegments6 = FeatureBits(bit: 8)
        static let guestECN = FeatureBits(bit: 9)
        /// The device takes them.
        static let hostSegments4 = FeatureBits(bit: 11)
        static let hostSegments6 = FeatureBits(bit: 12)
        static let hostECN = FeatureBits(bit: 13)
        static let status = FeatureBits(bit: 16)
    }
}
