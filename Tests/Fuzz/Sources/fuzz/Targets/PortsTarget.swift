import LinuxSystem
import MachineMonitor

@testable import HardwareMachine

/// What a guest's kernel does to the devices at ports: the serial port, power management, the keyboard's controller.
let portsTarget = FuzzTarget(name: "ports") { bytes in
    guard let interrupt = try? EventDescriptor() else { fatalError("no interrupt") }
    let serial = SerialPort(console: ConsoleLog(-1), interrupt: interrupt)
    let ports = Ports(serial, MachineEnding([]))
    var script = ScriptBytes(bytes)
    // Each turn takes at least a byte.
    while !script.isEmpty {
        let action = script.byte()
        let port =
            switch action >> 4 & 3 {
            case 0: AddressMap.serialPort + UInt16(script.byte() & 7)
            case 1: AddressMap.powerEvents + UInt16(script.byte() & 15)
            case 2: AddressMap.keyboardControl
            default: UInt16(script.number(2))
            }
        let length: UInt8 = [1, 2, 4, 4][Int(action >> 2 & 3)]
        if action & 3 == 0 {
            _ = ports.bus.load(port, length: length)
        } else {
            ports.bus.store(port, length: length, UInt32(script.number(4)))
        }
    }
    // Whatever was stored, the registers can be copied.
    let saved = serial.saved
    serial.restore(saved)
    guard serial.saved == saved else { fatalError("a copy differs") }
}
