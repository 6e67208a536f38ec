import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

extension XenProcessor {
    /// The state of the machine, whose processor stands still.
    func state() throws(MachineError) -> XenMachineState {
        // What devices raised until now is the kernel's to find.
        try MachineError.memory { () throws(GuestMemoryError) in try takeInterrupts() }
        return XenMachineState(
            monitor: MonitorSetup.checksum, processor: policy.fingerprint, general: Self.bytes(of: general),
            special: Self.bytes(of: special),
            vectors: try MachineError.system { () throws(SystemError) in try vcpu.read(.vectors) },
            time: clock.now, deadline: deadline, timePlace: timePlace,
            processorInformation: channels.processorInformation, bindings: channels.bindings, traps: traps.set,
            eventEntry: eventEntry)
    }

    /// Takes a state over that was checked.
    func adopt(_ state: XenMachineState) throws(MachineError) {
        deadline = state.deadline
        timePlace = state.timePlace
        eventEntry = state.eventEntry
        for (vector, trap) in state.traps { traps[vector] = trap }
        channels = EventChannels(
            memory, processorInformation: state.processorInformation, bindings: state.bindings)
        try MachineError.system { () throws(SystemError) in
            try ProcessorState.setConstants(vcpu, policy: policy)
            try vcpu.write(.special, state.special)
            try vcpu.write(.vectors, state.vectors)
            try vcpu.write(.general, state.general)
        }
        try MachineError.memory { () throws(GuestMemoryError) in try shareTime() }
    }

    private static func bytes<Registers: BitwiseCopyable>(of registers: Registers) -> [UInt8] {
        // Structs of integers without padding, as the kernel defines them.
        unsafe withUnsafeBytes(of: registers) { unsafe Array($0) }
    }
}
