/// Numbers of the block device (virtio 1.2, 5.2 "Block Device"; `linux/virtio_blk.h`).
enum BlockLayout {
    static let kind: UInt32 = 2
    /// Bytes of a sector, whatever the file's own block size is.
    static let sectorSize: UInt64 = 512
    /// Bytes of a request's header: type and reserved, 32 bits each, and the sector, 64 bits.
    static let headerSize: UInt64 = 16
    /// Bytes of the serial number in the answer to `getID`.
    static let serialSize = 20
    /// Bytes of a range of discard and write zeroes: sector 64 bits, count and flags 32 bits each.
    static let rangeSize: UInt64 = 16
    /// The flag of such a range that lets the device free the blocks.
    static let unmapFlag: UInt32 = 1

    enum Feature {
        static let segmentMaximum = FeatureBits(bit: 2)
        static let readOnly = FeatureBits(bit: 5)
        static let blockSize = FeatureBits(bit: 6)
        static let flush = FeatureBits(bit: 9)
        static let discard = FeatureBits(bit: 13)
        static let writeZeroes = FeatureBits(bit: 14)
    }

    enum Request: UInt32 {
        case read = 0
        case write = 1
        case flush = 4
        case getID = 8
        case discard = 11
        case writeZeroes = 13
    }

    enum Status: UInt8 {
        case ok = 0
        case ioError = 1
        case unsupported = 2
    }
}
