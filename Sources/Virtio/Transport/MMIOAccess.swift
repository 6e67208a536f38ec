import GuestMemory

// The guest's reads and writes of registers. An access that the specification does not allow reads zero and writes
// nothing.

extension MMIOTransport {
    /// As of `MMIODevice`.
    public func read(_ offset: UInt64, width: Int) -> UInt64 {
        if offset >= MMIORegister.configuration {
            return core.withLock { Self.readConfiguration($0.device, offset - MMIORegister.configuration, width) }
        }
        guard width == 4, let register = MMIORegister(rawValue: offset) else { return 0 }
        if register == .interruptStatus { return UInt64(interruptStatus.load(ordering: .acquiring)) }
        return core.withLock { UInt64(Self.read(register, $0)) }
    }

    private static func read(_ register: MMIORegister, _ core: TransportCore<Device>) -> UInt32 {
        switch register {
        case .magicValue: return MMIORegister.magic
        case .version: return MMIORegister.versionNumber
        case .deviceID: return Device.kind
        case .vendorID: return MMIORegister.vendor
        case .deviceFeatures:
            guard core.deviceFeaturesSelect < 2 else { return 0 }
            return UInt32(
                truncatingIfNeeded: core.offeredFeatures.rawValue >> UInt64(32 * core.deviceFeaturesSelect))
        case .queueSizeMaximum: return core.selectedQueue.map { UInt32($0.maximum) } ?? 0
        case .queueReady: return core.selectedQueue?.queue == nil ? 0 : 1
        case .status: return core.status.rawValue
        case .configurationGeneration: return core.generation
        // There are no regions of shared memory: what is asked for has the length and base -1.
        case .sharedMemoryLengthLow, .sharedMemoryLengthHigh, .sharedMemoryBaseLow, .sharedMemoryBaseHigh:
            return UInt32.max
        default: return 0
        }
    }

    private static func readConfiguration(_ device: Device, _ offset: UInt64, _ width: Int) -> UInt64 {
        let bytes = device.configuration
        var value: UInt64 = 0
        for index in 0..<min(width, 8) {
            let (place, overflow) = offset.addingReportingOverflow(UInt64(index))
            if !overflow, place < UInt64(bytes.count) { value |= UInt64(bytes[Int(place)]) << UInt64(8 * index) }
        }
        return value
    }

    /// As of `MMIODevice`.
    public func write(_ offset: UInt64, width: Int, _ value: UInt64) {
        if offset >= MMIORegister.configuration {
            return writeConfiguration(offset - MMIORegister.configuration, width, value)
        }
        guard width == 4, let register = MMIORegister(rawValue: offset) else { return }
        let value = UInt32(truncatingIfNeeded: value)
        switch register {
        case .queueNotify:
            if value < UInt32(queueEvents.count) { queueEvents[Int(value)].signal() }
        case .interruptAcknowledge:
            interruptStatus.bitwiseAnd(~value, ordering: .acquiringAndReleasing)
        case .status:
            core.withLock { writeStatus(&$0, value) }
        case .queueReady:
            core.withLock { core in
                do throws(VirtioError) {
                    try core.setQueueReady(value & 1 == 1)
                } catch {
                    fail(&core, error)
                }
            }
        default:
            core.withLock { $0.write(register, value) }
        }
    }

    private func writeConfiguration(_ offset: UInt64, _ width: Int, _ value: UInt64) {
        core.withLock { core in
            guard offset < MMIOTransportLayout.size, core.status.contains(.driver),
                core.status.isDisjoint(with: [.failed, .needsReset])
            else { return }
            let bytes = (0..<min(width, 8)).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
            core.device.configure(at: Int(offset), bytes)
        }
    }

    private func writeStatus(_ core: inout TransportCore<Device>, _ value: UInt32) {
        if value == 0 {
            core.reset()
            interruptStatus.store(0, ordering: .releasing)
            return
        }
        guard core.changeStatus(value) else { return }
        do throws(VirtioError) {
            try core.activateDevice()
        } catch {
            return fail(&core, error)
        }
        // What the driver queued before it was ready it will not tell of again.
        for event in queueEvents { event.signal() }
    }
}

extension TransportCore {
    /// The registers of the selected queue.
    var selectedQueue: QueueSlot? { queueSelect < UInt32(queues.count) ? queues[Int(queueSelect)] : nil }

    /// A write that changes nothing but registers.
    mutating func write(_ register: MMIORegister, _ value: UInt32) {
        switch register {
        case .deviceFeaturesSelect: deviceFeaturesSelect = value
        case .driverFeaturesSelect: driverFeaturesSelect = value
        case .driverFeatures:
            guard driverFeaturesSelect < 2, status.contains(.driver), !status.contains(.featuresAccepted) else {
                return
            }
            driverFeatures = FeatureBits(
                rawValue: driverFeatures.rawValue.replacing(half: driverFeaturesSelect, by: value))
        case .queueSelect: queueSelect = value
        case .queueSize: changeLayout { $0.size = UInt16(exactly: value) ?? 0 }
        case .queueDescriptorsLow: changeLayout { $0.descriptors.replace(half: 0, by: value) }
        case .queueDescriptorsHigh: changeLayout { $0.descriptors.replace(half: 1, by: value) }
        case .queueAvailableLow: changeLayout { $0.available.replace(half: 0, by: value) }
        case .queueAvailableHigh: changeLayout { $0.available.replace(half: 1, by: value) }
        case .queueUsedLow: changeLayout { $0.used.replace(half: 0, by: value) }
        case .queueUsedHigh: changeLayout { $0.used.replace(half: 1, by: value) }
        default: break
        }
    }

    private mutating func changeLayout(_ change: (inout QueueLayout) -> Void) {
        if isSelectedQueueOpen { change(&queues[Int(queueSelect)].layout) }
    }
}

extension UInt64 {
    /// The number with its low (0) or high (1) 32 bits replaced.
    fileprivate func replacing(half: UInt32, by value: UInt32) -> UInt64 {
        half == 0 ? self & 0xffff_ffff_0000_0000 | UInt64(value) : self & 0xffff_ffff | UInt64(value) << 32
    }
}

extension GuestAddress {
    fileprivate mutating func replace(half: UInt32, by number: UInt32) {
        self = GuestAddress(value.replacing(half: half, by: number))
    }
}
