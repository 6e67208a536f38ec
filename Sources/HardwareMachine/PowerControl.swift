import MachineMonitor
import Synchronization

/// The ports by which a guest powers off or resets, as the ACPI tables describe them: PM1 events, PM1 control, and the
/// reset register, one after the other. No event is ever pending; that one is enabled is only remembered.
final class PowerControl: PortDevice {
    /// The sleep type of soft-off: the number of the state, as on most machines.
    static let sleepType: UInt8 = 5
    /// What the reset register wants.
    static let resetValue: UInt8 = 1
    /// How many ports it has.
    static let portCount: UInt16 = 9

    // The PM1 control register (ACPI specification 6.5, 4.8.3.2.1).
    private static let acpiEnabled: UInt32 = 1 << 0
    private static let sleepEnable: UInt32 = 1 << 13
    private static let sleepTypeShift: UInt32 = 10
    private static let sleepTypeMask: UInt32 = 7

    private enum Register {
        static let eventStatus: UInt16 = 0
        static let eventEnable: UInt16 = 2
        static let control = AddressMap.powerControl - AddressMap.powerEvents
        static let reset = AddressMap.resetControl - AddressMap.powerEvents
    }

    private let enabledEvents = Atomic<UInt16>(0)
    private let end: @Sendable (MachineEnd) -> Void

    /// - Parameter end: told what the guest asks for.
    init(_ end: @escaping @Sendable (MachineEnd) -> Void) { self.end = end }

    /// The events that are enabled, for a copy.
    var saved: UInt16 { enabledEvents.load(ordering: .relaxed) }

    /// Becomes a copy.
    func restore(_ events: UInt16) { enabledEvents.store(events, ordering: .relaxed) }

    func load(_ offset: UInt16, length: UInt8) -> UInt32 {
        switch offset {
        case Register.eventStatus where length == 4: UInt32(enabledEvents.load(ordering: .relaxed)) << 16
        case Register.eventEnable: UInt32(enabledEvents.load(ordering: .relaxed))
        case Register.control: Self.acpiEnabled
        default: 0
        }
    }

    func store(_ offset: UInt16, length: UInt8, _ value: UInt32) {
        switch offset {
        case Register.eventEnable: enabledEvents.store(UInt16(truncatingIfNeeded: value), ordering: .relaxed)
        case Register.control:
            let type = value >> Self.sleepTypeShift & Self.sleepTypeMask
            if value & Self.sleepEnable != 0, type == UInt32(Self.sleepType) { end(.poweredOff) }
        case Register.reset:
            if value & 0xff == UInt32(Self.resetValue) { end(.rebooted) }
        default: break
        }
    }
}

/// The command port of a PC's keyboard controller, of which only the old way to reset is left.
final class KeyboardReset: PortDevice {
    /// The command that pulses the processor's reset line.
    private static let pulseReset: UInt32 = 0xfe

    private let end: @Sendable (MachineEnd) -> Void

    /// - Parameter end: told what the guest asks for.
    init(_ end: @escaping @Sendable (MachineEnd) -> Void) { self.end = end }

    /// Its status: nothing to read, ready for a command.
    func load(_ offset: UInt16, length: UInt8) -> UInt32 { 0 }

    func store(_ offset: UInt16, length: UInt8, _ value: UInt32) {
        if value & 0xff == Self.pulseReset { end(.rebooted) }
    }
}
