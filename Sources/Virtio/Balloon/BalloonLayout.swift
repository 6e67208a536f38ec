/// Numbers of the balloon device (virtio 1.2, 5.5 "Traditional Memory Balloon Device"; `linux/virtio_balloon.h`).
enum BalloonLayout {
    static let kind: UInt32 = 5
    /// A page, whatever the guest's own page size is.
    static let pageSize: UInt64 = 4096
    /// Bytes of a page's number in the inflate and deflate queues.
    static let pageNumberSize: UInt64 = 4
    /// Bytes of a statistic: a tag of 16 bits and a value of 64.
    static let statisticSize: UInt64 = 10
    /// Where `actual` lies in struct virtio_balloon_config.
    static let actualOffset = 4

    enum Feature {
        static let statistics = FeatureBits(bit: 1)
        static let deflateOnOOM = FeatureBits(bit: 2)
        static let freePageReporting = FeatureBits(bit: 5)
    }

    /// Queues by number. Those of features come in this order, without gaps: so Linux's driver counts them.
    static let inflateQueue = 0
    static let deflateQueue = 1
    static let statisticsQueue = 2
}

/// What a guest says of its memory, in bytes or in events since its start; nil what it does not say.
public struct BalloonStatistics: Equatable, Sendable {
    /// Memory that is not used for anything.
    public var free: UInt64?
    /// All memory.
    public var total: UInt64?
    /// Memory that programs could have without swapping.
    public var available: UInt64?
    /// Memory of caches that can be dropped.
    public var caches: UInt64?
    /// Page faults that read from a disk.
    public var majorFaults: UInt64?
    /// Other page faults.
    public var minorFaults: UInt64?

    /// Nothing is known.
    public init() {}

    /// Takes a value by its tag (VIRTIO_BALLOON_S_…); what is unknown is left out.
    mutating func set(_ tag: UInt16, _ value: UInt64) {
        switch tag {
        case 2: majorFaults = value
        case 3: minorFaults = value
        case 4: free = value
        case 5: total = value
        case 6: available = value
        case 7: caches = value
        default: break
        }
    }
}
