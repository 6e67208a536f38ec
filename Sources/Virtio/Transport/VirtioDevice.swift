import GuestMemory
import LinuxSystem
import Wire

/// A kind of device: what is behind a transport. Its transport calls it under a lock, one call at a time, and no call may
/// block. After an error it is left alone until the driver resets it.
public protocol VirtioDevice: AnyObject {
    /// The number of the kind (virtio 1.2, 5 "Device Types").
    static var kind: UInt32 { get }
    /// The most entries that each queue may have: powers of two up to 1024.
    var queueSizes: [UInt16] { get }
    /// The kind's own features that are offered, bits 0 to 23.
    var features: FeatureBits { get }
    /// The device's configuration as the driver reads it.
    var configuration: [UInt8] { get }
    /// The driver writes to the configuration. What makes no sense is ignored.
    func configure(at offset: Int, _ bytes: [UInt8])
    /// The driver is ready. What the device watches it watches from here on.
    func activate(_ context: DeviceContext) throws(VirtioError)
    /// The driver has touched a queue, or had more in it than one turn could take.
    func handle(queue: Int) throws(VirtioError)
    /// A descriptor that was watched is ready.
    func handle(token: UInt64, _ readiness: Readiness) throws(VirtioError)
    /// The driver wants a fresh start, or the device has failed: forget the context, watch nothing.
    func reset()
    /// Puts what a copy needs beside queues and features.
    func save(to state: inout WireWriter)
    /// Takes what `save` put, before `activate`. The bytes come from a file and are checked.
    func restore(from state: inout WireReader) throws(WireError)
    /// Whether the configuration is another after `restore` than the driver knows: it is told so.
    var changesWithRestore: Bool { get }
}

extension VirtioDevice {
    /// Ignores it.
    public func configure(at offset: Int, _ bytes: [UInt8]) {}
    /// Nothing is watched.
    public func handle(token: UInt64, _ readiness: Readiness) throws(VirtioError) {}
    /// The configuration is the same.
    public var changesWithRestore: Bool { false }
    /// There is nothing to save.
    public func save(to state: inout WireWriter) {}
    /// There is nothing to restore.
    public func restore(from state: inout WireReader) throws(WireError) {}
}

/// What a device works with while its driver is ready.
public struct DeviceContext {
    /// The guest's memory.
    public let memory: GuestMemory
    /// What driver and device agreed on.
    public let features: FeatureBits
    /// The device's queues; nil where the driver left one out.
    public let queues: [VirtQueue?]
    /// Where descriptors are watched.
    public let watch: DescriptorWatch
}
