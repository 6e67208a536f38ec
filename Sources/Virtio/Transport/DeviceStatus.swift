/// How far driver and device have come (virtio 1.2, 2.1 "Device Status Field").
public struct DeviceStatus: OptionSet, Sendable {
    /// The register's value.
    public let rawValue: UInt32

    /// Makes a status of the register's value.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The guest has found the device.
    public static let acknowledge = DeviceStatus(rawValue: 1)
    /// The guest has a driver for it.
    public static let driver = DeviceStatus(rawValue: 2)
    /// The driver is ready: queues work from here on.
    public static let driverReady = DeviceStatus(rawValue: 4)
    /// Both sides agree on the features.
    public static let featuresAccepted = DeviceStatus(rawValue: 8)
    /// The device met an error from which only a reset leads back.
    public static let needsReset = DeviceStatus(rawValue: 64)
    /// The driver has given up.
    public static let failed = DeviceStatus(rawValue: 128)

    /// What the driver may set.
    static let byDriver: DeviceStatus = [.acknowledge, .driver, .driverReady, .featuresAccepted, .failed]
}
