import Virtio

/// Which device answers loads and stores at which addresses without memory.
public struct DeviceBus: Sendable {
    private struct Place: Sendable {
        let start: UInt64
        let size: UInt64
        let device: any MMIODevice
    }

    private var places: [Place] = []

    /// Makes an empty bus.
    public init() {}

    /// Puts a device at `size` bytes from `start`, which are no one else's.
    public mutating func attach(_ device: any MMIODevice, at start: UInt64, size: UInt64) {
        precondition(places.allSatisfy { start >= $0.start + $0.size || start + size <= $0.start })
        places.append(Place(start: start, size: size, device: device))
    }

    /// A load: ones where nothing answers, as on a bus without a device.
    public func load(_ address: UInt64, length: UInt32) -> UInt64 {
        guard let (device, offset) = find(address, length) else { return .max }
        return device.read(offset, width: Int(length))
    }

    /// A store: lost where nothing listens.
    public func store(_ address: UInt64, length: UInt32, _ value: UInt64) {
        guard let (device, offset) = find(address, length) else { return }
        device.write(offset, width: Int(length), value)
    }

    private func find(_ address: UInt64, _ length: UInt32) -> (device: any MMIODevice, offset: UInt64)? {
        for place in places where address >= place.start {
            let offset = address - place.start
            if offset < place.size, UInt64(length) <= place.size - offset { return (place.device, offset) }
        }
        return nil
    }
}
