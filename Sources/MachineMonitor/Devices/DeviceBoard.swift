import LinuxSystem
import Virtio

/// The places at which a machine has devices: each an address and an interrupt. The kernel learns of them by its command
/// line, so that there are no tables to parse and no bus to scan.
public struct DeviceBoard: Sendable {
    /// A device in its place.
    public struct Slot: Sendable {
        /// The device.
        public let device: any MMIODevice
        /// Where its registers begin.
        public let address: UInt64
        /// The number of its interrupt.
        public let interrupt: UInt32
    }

    /// The devices in their order.
    public private(set) var slots: [Slot] = []
    /// What the processors reach.
    public private(set) var bus = DeviceBus()

    /// The first device's registers: above all memory below four gigabytes, below what is the processor's own.
    private static let start: UInt64 = 0xd000_0000
    /// Interrupts that no device of a PC's has which the kernel looks for (a timer, a keyboard, serial ports, a clock).
    private static let interrupts: [UInt32] = [5, 6, 7, 9, 10, 11, 12, 13, 14, 15]

    /// Makes a board without devices.
    public init() {}

    /// Puts a device in the next place.
    ///
    /// - Parameter make: makes the device for the number of its interrupt.
    public mutating func add(
        _ make: (UInt32) throws(MachineError) -> any MMIODevice
    ) throws(MachineError) {
        guard slots.count < Self.interrupts.count else {
            throw .configuration("more than \(Self.interrupts.count) devices")
        }
        let interrupt = Self.interrupts[slots.count]
        let address = Self.start + UInt64(slots.count) * MMIOTransportLayout.size
        let device = try make(interrupt)
        bus.attach(device, at: address, size: MMIOTransportLayout.size)
        slots.append(Slot(device: device, address: address, interrupt: interrupt))
    }

    /// What the kernel is told of the devices.
    public var commandLine: String {
        slots.map { "virtio_mmio.device=4K@0x\(String($0.address, radix: 16)):\($0.interrupt)" }
            .joined(separator: " ")
    }
}
