import MachineMonitor
import Wire

/// Has all processors stand still, and then tell their state.
struct XenMachineStillness: MachineStillness {
    let domain: XenDomain

    private var gates: [ProcessorGate] { domain.processors.map(\.gate) }

    func pause() throws(MachineError) { try gates.close() }
    func resume() { gates.open() }

    func save() throws(MachineError) -> [UInt8] {
        // The first one's answer has the rest of the machine in it.
        var state = try XenMachineState(try gates[0].save())
        for gate in gates.dropFirst() {
            state.processors.append(
                try MachineError.readingState(try gate.save()) { (wire) throws(WireError) in
                    try XenProcessorState(from: &wire)
                })
        }
        return state.encoded
    }
}
