import LinuxSystem

/// A device at an address of the guest: what buses and machines know of it.
public protocol MMIODevice: LoopSource {
    /// The guest reads `width` bytes (1, 2, 4 or 8) at an offset; little-endian.
    func read(_ offset: UInt64, width: Int) -> UInt64
    /// The guest writes.
    func write(_ offset: UInt64, width: Int, _ value: UInt64)
    /// For each queue the descriptor that is written when the driver stores the queue's number, 32 bits, at
    /// `MMIOTransportLayout.queueNotify`: the kernel can be asked to do it (KVM_IOEVENTFD). A store that reaches `write`
    /// does the same.
    var queueEvents: [EventDescriptor] { get }
    /// Why the device is out of order; nil while it is not.
    var fault: VirtioError? { get }
    /// State for a copy; nothing may run meanwhile.
    func save() -> TransportState
    /// Becomes a copy. Only for a device that no driver has touched; its queues' events are then to be signalled.
    func restore(_ state: TransportState) throws(RestoreError)
}

/// Numbers of the transport that a machine needs to place it.
public enum MMIOTransportLayout {
    /// Bytes of a device's window.
    public static let size: UInt64 = 0x1000
    /// The offset of the register QueueNotify.
    public static let queueNotify = MMIORegister.queueNotify.rawValue
}
