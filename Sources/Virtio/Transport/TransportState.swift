import GuestMemory
import Wire

/// What a copy of a device needs: its registers, where its queues stand, and what the device itself adds. Bytes on the
/// wire are little-endian and begin with the format's version.
public struct TransportState: Equatable, Sendable {
    /// The number of the kind of device, to which alone the state belongs.
    public var kind: UInt32
    var status: UInt32
    var deviceFeaturesSelect: UInt32
    var driverFeaturesSelect: UInt32
    var driverFeatures: UInt64
    var queueSelect: UInt32
    var generation: UInt32
    var interruptStatus: UInt32
    var queues: [Queue]
    /// What the device put.
    var device: [UInt8]

    struct Queue: Equatable, Sendable {
        var layout: QueueLayout
        var isReady: Bool
        var nextAvailable: UInt16
        var nextUsed: UInt16
    }

    private static let version: UInt8 = 1
    /// More than any device has.
    private static let queueLimit = 64
    private static let deviceLimit = 1 << 20

    /// The state as bytes.
    public func encode(to wire: inout WireWriter) {
        wire.put(Self.version)
        for value in [
            kind, status, deviceFeaturesSelect, driverFeaturesSelect, queueSelect, generation, interruptStatus,
        ] {
            wire.put(value)
        }
        wire.put(driverFeatures)
        wire.put(UInt32(queues.count))
        for queue in queues {
            wire.put(queue.layout.size)
            wire.put(queue.layout.descriptors.value)
            wire.put(queue.layout.available.value)
            wire.put(queue.layout.used.value)
            wire.put(queue.isReady)
            wire.put(queue.nextAvailable)
            wire.put(queue.nextUsed)
        }
        wire.put(device)
    }

    /// The state of bytes.
    public init(from wire: inout WireReader) throws(WireError) {
        guard try wire.integer(UInt8.self) == Self.version else { throw .invalid("version of a device's state") }
        kind = try wire.integer(UInt32.self)
        status = try wire.integer(UInt32.self)
        deviceFeaturesSelect = try wire.integer(UInt32.self)
        driverFeaturesSelect = try wire.integer(UInt32.self)
        queueSelect = try wire.integer(UInt32.self)
        generation = try wire.integer(UInt32.self)
        interruptStatus = try wire.integer(UInt32.self)
        driverFeatures = try wire.integer(UInt64.self)
        queues = []
        for _ in 0..<(try wire.count(limit: Self.queueLimit)) {
            var layout = QueueLayout()
            layout.size = try wire.integer(UInt16.self)
            layout.descriptors = GuestAddress(try wire.integer(UInt64.self))
            layout.available = GuestAddress(try wire.integer(UInt64.self))
            layout.used = GuestAddress(try wire.integer(UInt64.self))
            queues.append(
                Queue(
                    layout: layout, isReady: try wire.bool(), nextAvailable: try wire.integer(UInt16.self),
                    nextUsed: try wire.integer(UInt16.self)))
        }
        device = try wire.bytes(limit: Self.deviceLimit)
    }

    init<Device>(_ core: TransportCore<Device>, interruptStatus: UInt32) {
        kind = Device.kind
        status = core.status.rawValue
        deviceFeaturesSelect = core.deviceFeaturesSelect
        driverFeaturesSelect = core.driverFeaturesSelect
        driverFeatures = core.driverFeatures.rawValue
        queueSelect = core.queueSelect
        generation = core.generation
        self.interruptStatus = interruptStatus
        queues = core.queues.map {
            Queue(
                layout: $0.layout, isReady: $0.queue != nil, nextAvailable: $0.queue?.nextAvailable ?? 0,
                nextUsed: $0.queue?.nextUsed ?? 0)
        }
        var wire = WireWriter()
        core.device.save(to: &wire)
        device = wire.bytes
    }
}

/// Why a saved state cannot be gone on with.
public enum RestoreError: Error, Equatable, CustomStringConvertible {
    /// It is of another device: its kind, queues or features differ.
    case mismatch(String)
    /// Its bytes make no sense.
    case wire(WireError)
    /// Its queues do not fit the memory, or the device cannot work again.
    case device(VirtioError)

    /// The text for people.
    public var description: String {
        switch self {
        case .mismatch(let what): "saved device: \(what)"
        case .wire(let error): "saved device: \(error)"
        case .device(let error): "saved device: \(error)"
        }
    }
}

extension MMIOTransport {
    /// As of `MMIODevice`.
    public func save() -> TransportState {
        core.withLock { TransportState($0, interruptStatus: interruptStatus.load(ordering: .acquiring)) }
    }

    /// As of `MMIODevice`.
    public func restore(_ state: TransportState) throws(RestoreError) {
        interruptStatus.store(state.interruptStatus & 3, ordering: .releasing)
        try core.withLock { (core) throws(RestoreError) in
            try core.restore(state)
            if core.device.changesWithRestore { announceConfiguration(&core) }
        }
        for event in queueEvents { event.signal() }
    }
}

extension TransportCore {
    fileprivate mutating func restore(_ state: TransportState) throws(RestoreError) {
        guard state.kind == Device.kind else {
            throw .mismatch("it is of kind \(state.kind), this one of kind \(Device.kind)")
        }
        guard state.queues.count == queues.count else {
            throw .mismatch("it has \(state.queues.count) queues, this one \(queues.count)")
        }
        let features = FeatureBits(rawValue: state.driverFeatures)
        guard features.isSubset(of: offeredFeatures) else { throw .mismatch("it uses features that this one lacks") }
        status = DeviceStatus(rawValue: state.status)
        deviceFeaturesSelect = state.deviceFeaturesSelect
        driverFeaturesSelect = state.driverFeaturesSelect
        driverFeatures = features
        queueSelect = state.queueSelect
        generation = state.generation
        do throws(VirtioError) {
            for (index, saved) in state.queues.enumerated() {
                queues[index].layout = saved.layout
                guard saved.isReady else { continue }
                let queue = try VirtQueue(
                    saved.layout, maximum: queues[index].maximum, features: features, memory: memory)
                queue.resume(available: saved.nextAvailable, used: saved.nextUsed)
                queues[index].queue = queue
            }
        } catch {
            throw .device(error)
        }
        do throws(WireError) {
            var wire = WireReader(state.device)
            try device.restore(from: &wire)
            try wire.finish()
        } catch {
            throw .wire(error)
        }
        guard isActive else { return }
        do throws(VirtioError) {
            try activateDevice()
        } catch {
            throw .device(error)
        }
    }
}
