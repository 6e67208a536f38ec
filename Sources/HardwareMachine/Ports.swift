import MachineMonitor

/// The devices at ports.
struct Ports: Sendable {
    let serial: SerialPort
    let power: PowerControl
    /// Who answers where.
    let bus: PortBus

    init(_ serial: SerialPort, _ ending: MachineEnding) {
        self.serial = serial
        power = PowerControl { ending.set(.success($0)) }
        var bus = PortBus()
        bus.attach(serial, at: AddressMap.serialPort, count: SerialPort.portCount)
        bus.attach(power, at: AddressMap.powerEvents, count: PowerControl.portCount)
        bus.attach(KeyboardReset { ending.set(.success($0)) }, at: AddressMap.keyboardControl, count: 1)
        self.bus = bus
    }
}
