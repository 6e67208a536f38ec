import KVM
import LinuxSystem
import MachineMonitor
import Synchronization
import Wire

/// Has all processors stand still, one after the other, and then tell their state.
struct HardwareMachineStillness: MachineStillness {
    let machine: HardwareMachine

    private var gates: [ProcessorGate] { machine.processors.map(\.gate) }

    func pause() throws(MachineError) { try gates.close() }
    func resume() { gates.open() }

    func save() throws(MachineError) -> [UInt8] {
        // The first one's answer has the rest of the machine in it.
        var state = try HardwareMachineState(try gates[0].save())
        for gate in gates.dropFirst() {
            state.processors.append(
                try MachineError.readingState(try gate.save()) { (wire) throws(WireError) in
                    try ProcessorCopy(from: &wire)
                })
        }
        return state.encoded
    }
}

extension HardwareMachine {
    /// The state of a processor that stands still; the first one's with that of all but the others.
    func save(_ processor: Processor, _ ports: Ports) throws(MachineError) -> [UInt8] {
        try MachineError.system { () throws(SystemError) in
            let copy = try ProcessorCopy(processor.vcpu, registers: registers)
            guard processor.vcpu.index == 0 else {
                var wire = WireWriter(capacity: 8 << 10)
                copy.encode(to: &wire)
                return wire.bytes
            }
            var controllers: [MachineStatePart: [UInt8]] = [:]
            for part in MachineStatePart.allCases { controllers[part] = try machine.read(part) }
            return HardwareMachineState(
                identification: identification, processors: [copy], controllers: controllers,
                serial: ports.serial.saved, enabledEvents: ports.power.saved
            ).encoded
        }
    }

    /// Has the new machine go on from a state.
    func adopt(_ state: HardwareMachineState, _ ports: Ports) throws(MachineError) {
        guard state.processors.count == processors.count else {
            throw .snapshot("it has \(state.processors.count) processors, this machine \(processors.count)")
        }
        guard state.identification == identification else {
            throw .snapshot("it was made on another kind of processor")
        }
        try MachineError.system { () throws(SystemError) in
            for (part, bytes) in state.controllers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                try machine.write(part, bytes)
            }
            for (processor, copy) in zip(processors, state.processors) { try copy.write(to: processor.vcpu) }
        }
        ports.serial.restore(state.serial)
        ports.power.restore(state.enabledEvents)
        // What devices have raised meanwhile was lost with the controllers' state. An interrupt too many is none.
        lines.withLock { for line in $0 { line.signal() } }
    }
}
