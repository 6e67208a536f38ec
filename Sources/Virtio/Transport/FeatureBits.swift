/// What a device offers and a driver accepts (virtio 1.2, 2.2 "Feature Bits"). Bits 0 to 23 belong to the kind of device.
public struct FeatureBits: OptionSet, Hashable, Sendable {
    /// One bit a feature.
    public let rawValue: UInt64

    /// Makes a set of the wire's bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The set of one feature.
    public init(bit: UInt64) { self.init(rawValue: 1 << bit) }

    // virtio 1.2, 6 "Reserved Feature Bits"
    /// VIRTIO_F_INDIRECT_DESC: a descriptor may refer to a table of descriptors.
    public static let indirectDescriptors = FeatureBits(bit: 28)
    /// VIRTIO_F_EVENT_IDX: each side names the index at which it wants to be told.
    public static let eventIndex = FeatureBits(bit: 29)
    /// VIRTIO_F_VERSION_1: not the legacy interface, which we do not have.
    public static let version1 = FeatureBits(bit: 32)

    /// What every device of ours offers.
    static let ofTransport: FeatureBits = [.indirectDescriptors, .eventIndex, .version1]
}
