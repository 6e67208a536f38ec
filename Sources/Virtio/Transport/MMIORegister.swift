/// The transport's registers by their offsets (virtio 1.2, 4.2.2 "MMIO Device Register Layout"; `linux/virtio_mmio.h`).
/// Each is 32 bits wide.
enum MMIORegister: UInt64 {
    case magicValue = 0x000
    case version = 0x004
    case deviceID = 0x008
    case vendorID = 0x00c
    case deviceFeatures = 0x010
    case deviceFeaturesSelect = 0x014
    case driverFeatures = 0x020
    case driverFeaturesSelect = 0x024
    case queueSelect = 0x030
    case queueSizeMaximum = 0x034
    case queueSize = 0x038
    case queueReady = 0x044
    case queueNotify = 0x050
    case interruptStatus = 0x060
    case interruptAcknowledge = 0x064
    case status = 0x070
    case queueDescriptorsLow = 0x080
    case queueDescriptorsHigh = 0x084
    case queueAvailableLow = 0x090
    case queueAvailableHigh = 0x094
    case queueUsedLow = 0x0a0
    case queueUsedHigh = 0x0a4
    case sharedMemoryLengthLow = 0x0b0
    case sharedMemoryLengthHigh = 0x0b4
    case sharedMemoryBaseLow = 0x0b8
    case sharedMemoryBaseHigh = 0x0bc
    case configurationGeneration = 0x0fc

    /// Where the device's own configuration begins, accessed by any width.
    static let configuration: UInt64 = 0x100
    /// "virt".
    static let magic: UInt32 = 0x7472_6976
    /// Not the legacy interface, which is 1.
    static let versionNumber: UInt32 = 2
    /// "Hull"; anything goes.
    static let vendor: UInt32 = 0x6c6c_7548
}

/// Why the interrupt was raised: bits of InterruptStatus.
struct InterruptCause: OptionSet {
    let rawValue: UInt32
    static let usedBuffer = InterruptCause(rawValue: 1)
    static let configurationChange = InterruptCause(rawValue: 2)
}
