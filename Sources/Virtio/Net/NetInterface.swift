import CLinux
import LinuxSystem

/// The host's end of a network device: packets with a struct virtio_net_hdr_v1 in front, one a read or write.
public protocol NetInterface: AnyObject {
    /// The descriptor, which does not block.
    var descriptor: CInt { get }
    /// Says which packets the guest's driver takes: without checksum, and long segments to be cut.
    func setOffload(_ features: FeatureBits) throws(SystemError)
}

/// A TAP device whose descriptor was made by somebody with the rights for it: IFF_TAP, IFF_NO_PI, IFF_VNET_HDR.
public final class TapInterface: NetInterface {
    private let owned: OwnedDescriptor
    /// As of `NetInterface`.
    public var descriptor: CInt { owned.number }

    /// Takes over a TAP device.
    public init(_ owned: consuming OwnedDescriptor) throws(SystemError) {
        try owned.setNonBlocking()
        var size = CInt(NetLayout.headerSize)
        try systemCall("TUNSETVNETHDRSZ", "TAP device") {
            // The kernel reads one int.
            unsafe linux_ioctl(owned.number, Self.setHeaderSize, &size)
        }
        self.owned = owned
    }

    /// As of `NetInterface`.
    public func setOffload(_ features: FeatureBits) throws(SystemError) {
        var flags: CInt = 0
        if features.contains(NetLayout.Feature.guestChecksum) {
            flags |= Self.checksum
            if features.contains(NetLayout.Feature.guestSegments4) { flags |= Self.segments4 }
            if features.contains(NetLayout.Feature.guestSegments6) { flags |= Self.segments6 }
            if features.contains(NetLayout.Feature.guestECN), flags != Self.checksum { flags |= Self.segmentsECN }
        }
        try systemCall("TUNSETOFFLOAD", "TAP device") { linux_ioctl_int(owned.number, Self.setOffloadRequest, flags) }
    }

    // linux/if_tun.h: TUNSETVNETHDRSZ, TUNSETOFFLOAD, TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN.
    private static let setHeaderSize: UInt = 0x4004_54d8
    private static let setOffloadRequest: UInt = 0x4004_54d0
    private static let checksum: CInt = 0x01
    private static let segments4: CInt = 0x02
    private static let segments6: CInt = 0x04
    private static let segmentsECN: CInt = 0x08
}
