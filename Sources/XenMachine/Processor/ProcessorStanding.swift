import KVM
import LinuxSystem
import MachineMonitor
import Wire

extension XenProcessor {
    /// Brings the processor to where its registers are its whole state, if it is not there.
    ///
    /// - Returns: false where it has to go on first; it then comes back soon.
    func canStand(after exit: VCPUExit) throws(MachineError) -> Bool {
        // A load is finished only when the guest is entered again.
        if case .load = exit { try finishLoad() }
        if isBetweenInstructions() { return true }
        timer.set(in: Self.pause)
        return false
    }

    private func finishLoad() throws(MachineError) {
        try MachineError.system { () throws(SystemError) in
            vcpu.requestImmediateExit(true)
            _ = try vcpu.enter()
            vcpu.requestImmediateExit(false)
        }
        general = vcpu.general
        special = vcpu.special
    }

    /// The first processor's state has that of the machine in it.
    private func encodedState() throws(MachineError) -> [UInt8] {
        if index == 0 { return try machineState().encoded }
        var wire = WireWriter(capacity: 8 << 10)
        try state().encode(to: &wire)
        return wire.bytes
    }

    /// Stands still at the gate.
    func stand() throws(MachineError) {
        timer.cancel()
        try MachineError.system { () throws(SystemError) in
            try gate.stand { () throws(MachineError) in try encodedState() }
        }
        armTimer()
    }
}
