/// Something that answers IN and OUT.
protocol PortDevice: AnyObject, Sendable {
    /// An IN of 1, 2 or 4 bytes.
    func load(_ offset: UInt16, length: UInt8) -> UInt32
    /// An OUT of 1, 2 or 4 bytes.
    func store(_ offset: UInt16, length: UInt8, _ value: UInt32)
}

/// Which device answers at which ports.
struct PortBus: Sendable {
    private var places: [(first: UInt16, count: UInt16, device: any PortDevice)] = []

    /// Puts a device at `count` ports from `first`, which are no one else's.
    mutating func attach(_ device: any PortDevice, at first: UInt16, count: UInt16) {
        places.append((first, count, device))
    }

    /// An IN: ones where nothing answers, as on a bus without a device.
    func load(_ port: UInt16, length: UInt8) -> UInt32 {
        guard let (device, offset) = find(port) else { return .max }
        return device.load(offset, length: length)
    }

    /// An OUT: lost where nothing listens.
    func store(_ port: UInt16, length: UInt8, _ value: UInt32) {
        guard let (device, offset) = find(port) else { return }
        device.store(offset, length: length, value)
    }

    private func find(_ port: UInt16) -> (device: any PortDevice, offset: UInt16)? {
        for place in places where port >= place.first && port - place.first < place.count {
            return (place.device, port - place.first)
        }
        return nil
    }
}
