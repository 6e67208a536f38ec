import GuestMemory
import LinuxSystem
import Wire

/// The block device (virtio 1.2, 5.2) over a file or a block device of the host.
public final class BlockDevice: VirtioDevice {
    /// Block device.
    public static let kind = BlockLayout.kind
    /// One queue of requests.
    public let queueSizes: [UInt16] = [256]
    /// As of `VirtioDevice`.
    public let features: FeatureBits
    /// As of `VirtioDevice`.
    public let configuration: [UInt8]

    /// What the disk is.
    public struct Options: Sendable {
        /// Whether writes are refused.
        public var isReadOnly: Bool
        /// What the guest sees as the disk's serial number: at most twenty bytes of ASCII.
        public var serial: String
        /// Whether the disk lives no longer than its machine. A flush then need not wait for the host's disk.
        public var isScratch: Bool

        /// Describes a disk.
        public init(isReadOnly: Bool, serial: String, isScratch: Bool = false) {
            self.isReadOnly = isReadOnly
            self.serial = serial
            self.isScratch = isScratch
        }
    }

    private let owned: OwnedDescriptor?
    /// The file's descriptor; -1 for a disk that has none yet, whose every request fails.
    let file: CInt
    let options: Options
    /// In sectors.
    let capacity: UInt64
    var queue: VirtQueue?
    /// Whether a write must reach the disk before it is answered, as the driver will not flush.
    var writesThrough = false

    /// The most bytes of one request, that none keeps the thread too long. Linux asks for 1.25 MiB at most.
    static let requestLimit: UInt64 = 32 << 20
    /// The most ranges of one discard, and the most sectors of a range: as many bytes as of one request.
    static let rangeLimit: UInt32 = 32
    static let rangeSectors = UInt32(requestLimit / BlockLayout.sectorSize)

    /// Whether a copy's disk is another than that of the machine which was copied: the driver is to look again.
    public private(set) var changesWithRestore = false

    /// Takes over a file. What does not fill a sector at its end stays out of reach.
    ///
    /// - Parameters:
    ///   - file: open for reading, and for writing unless the disk is read-only. nil: an empty place, of no size, that
    ///     gets its file when a copy of the machine is made.
    ///   - size: the file's bytes, which must not become fewer.
    public init(_ file: consuming OwnedDescriptor?, size: UInt64, _ options: Options) {
        if let file {
            self.file = file.number
            owned = consume file
            capacity = size / BlockLayout.sectorSize
        } else {
            self.file = -1
            owned = nil
            capacity = 0
        }
        self.options = options
        features =
            options.isReadOnly
            ? [BlockLayout.Feature.segmentMaximum, BlockLayout.Feature.blockSize, BlockLayout.Feature.readOnly]
            : [
                BlockLayout.Feature.segmentMaximum, BlockLayout.Feature.blockSize, BlockLayout.Feature.flush,
                BlockLayout.Feature.discard, BlockLayout.Feature.writeZeroes,
            ]
        // struct virtio_blk_config of linux/virtio_blk.h
        var wire = WireWriter(capacity: 60)
        wire.put(capacity)
        wire.put(UInt32(0))  // size_max: not offered
        wire.put(UInt32(queueSizes[0] - 2))  // seg_max: a chain less header and status
        wire.put(UInt32(0))  // geometry: not offered
        wire.put(UInt32(BlockLayout.sectorSize))
        wire.put(UInt64(0))  // topology: not offered
        wire.put(UInt32(0))  // writeback, number of queues: not offered
        wire.put(Self.rangeSectors)  // max_discard_sectors
        wire.put(Self.rangeLimit)  // max_discard_seg
        wire.put(UInt32(8))  // discard_sector_alignment: a page
        wire.put(Self.rangeSectors)  // max_write_zeroes_sectors
        wire.put(Self.rangeLimit)  // max_write_zeroes_seg
        wire.put(UInt32(1))  // write_zeroes_may_unmap, and three bytes unused
        configuration = wire.bytes
    }

    /// As of `VirtioDevice`.
    public func activate(_ context: DeviceContext) {
        queue = context.queues[0]
        writesThrough = !options.isScratch && !context.features.contains(BlockLayout.Feature.flush)
    }

    /// As of `VirtioDevice`.
    public func reset() { queue = nil }

    /// As of `VirtioDevice`.
    public func save(to state: inout WireWriter) { state.put(capacity) }

    /// As of `VirtioDevice`.
    public func restore(from state: inout WireReader) throws(WireError) {
        changesWithRestore = try state.integer(UInt64.self) != capacity
    }

    /// As of `VirtioDevice`.
    public func handle(queue index: Int) throws(VirtioError) {
        guard let queue else { return }
        while try queue.next() {
            try queue.complete(written: try serve(queue))
        }
    }
}
