import GuestMemory
import LinuxSystem

/// What a transport's lock guards: the registers, the queues, and the device.
struct TransportCore<Device: VirtioDevice> {
    let device: Device
    let memory: GuestMemory
    var status: DeviceStatus = []
    /// The halves that the feature registers show and take.
    var deviceFeaturesSelect: UInt32 = 0
    var driverFeaturesSelect: UInt32 = 0
    var driverFeatures: FeatureBits = []
    var queueSelect: UInt32 = 0
    var queues: [QueueSlot]
    var generation: UInt32 = 0
    var watch: DescriptorWatch?
    var fault: VirtioError?

    /// A queue's registers, and the queue once it is ready.
    struct QueueSlot {
        let maximum: UInt16
        var layout = QueueLayout()
        var queue: VirtQueue?
    }

    init(_ device: Device, _ memory: GuestMemory) {
        self.device = device
        self.memory = memory
        queues = device.queueSizes.map { QueueSlot(maximum: $0) }
    }

    /// What the driver may choose from.
    var offeredFeatures: FeatureBits {
        // The device's bits; ours lie above them.
        device.features.intersection(FeatureBits(rawValue: 1 << 24 - 1)).union(.ofTransport)
    }

    /// Whether the device works: its driver is ready and neither of the two has failed.
    var isActive: Bool { status.contains(.driverReady) && status.isDisjoint(with: [.failed, .needsReset]) }

    /// The driver's write to the status register. It may only add bits, and in order; what is out of order stays off, which
    /// the driver finds when it reads the register.
    ///
    /// - Returns: whether the device has just become active.
    mutating func changeStatus(_ value: UInt32) -> Bool {
        let wanted = DeviceStatus(rawValue: value).intersection(.byDriver)
        guard wanted.isSuperset(of: status.intersection(.byDriver)) else { return false }
        let added = wanted.subtracting(status)
        if added.contains(.failed) {
            status.insert(.failed)
            device.reset()
            return false
        }
        status.formUnion(added.intersection(.acknowledge))
        if added.contains(.driver), status.contains(.acknowledge) { status.insert(.driver) }
        if added.contains(.featuresAccepted), status.contains(.driver), driverFeatures.contains(.version1),
            driverFeatures.isSubset(of: offeredFeatures)
        {
            status.insert(.featuresAccepted)
        }
        guard added.contains(.driverReady), status.contains(.featuresAccepted) else { return false }
        status.insert(.driverReady)
        return isActive
    }

    /// Everything as it was at the start.
    mutating func reset() {
        device.reset()
        status = []
        deviceFeaturesSelect = 0
        driverFeaturesSelect = 0
        driverFeatures = []
        queueSelect = 0
        queues = device.queueSizes.map { QueueSlot(maximum: $0) }
        fault = nil
    }

    /// Hands the device its queues.
    func activateDevice() throws(VirtioError) {
        guard let watch else { throw .queueLayout("the device is not attached to a loop") }
        try device.activate(
            DeviceContext(memory: memory, features: driverFeatures, queues: queues.map(\.queue), watch: watch))
    }

    /// Whether the selected queue is there and its layout may be changed: between the features' acceptance and the
    /// driver's readiness, before the queue is ready.
    var isSelectedQueueOpen: Bool {
        guard queueSelect < UInt32(queues.count) else { return false }
        return status.contains(.featuresAccepted) && status.isDisjoint(with: [.driverReady, .failed, .needsReset])
            && queues[Int(queueSelect)].queue == nil
    }

    /// Makes the selected queue ready, or stops it.
    mutating func setQueueReady(_ ready: Bool) throws(VirtioError) {
        guard queueSelect < UInt32(queues.count) else { return }
        let index = Int(queueSelect)
        if !ready {
            // The device holds the queue, too, while it is active. It is not told of one queue's end: all of it ends, as no
            // driver stops a queue of a device that it still wants to use without VIRTIO_F_RING_RESET.
            if queues[index].queue != nil, isActive { device.reset() }
            queues[index].queue = nil
            return
        }
        guard isSelectedQueueOpen else { return }
        queues[index].queue = try VirtQueue(
            queues[index].layout, maximum: queues[index].maximum, features: driverFeatures, memory: memory)
    }
}
