import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

extension XenProcessor {
    /// The state of the processor, which stands still.
    func state() throws(MachineError) -> XenProcessorState {
        guard !handle.hasContext else { throw .snapshot("a processor is just being started") }
        return XenProcessorState(
            isInitialised: handle.isInitialised, isUp: handle.isUp, general: Self.bytes(of: general),
            special: Self.bytes(of: special),
            vectors: try MachineError.system { () throws(SystemError) in try vcpu.read(.vectors) },
            deadline: deadline, timePlace: handle.timePlace.withLock { $0 },
            informationPlace: handle.informationPlace, traps: traps.set, eventEntry: eventEntry)
    }

    /// The state of the machine, whose other processors tell theirs by themselves.
    func machineState() throws(MachineError) -> XenMachineState {
        // What devices raised until now is the kernel's to find.
        try MachineError.memory { () throws(GuestMemoryError) in try takeInterrupts() }
        return XenMachineState(
            monitor: MonitorSetup.checksum, processor: policy.fingerprint, time: clock.now,
            channels: channels.channels, processors: [try state()])
    }

    /// Takes a state over that was checked.
    func adopt(_ state: XenProcessorState) throws(MachineError) {
        deadline = state.deadline
        eventEntry = state.eventEntry
        for (vector, trap) in state.traps { traps[vector] = trap }
        guard state.isInitialised else { return }
        try MachineError.system { () throws(SystemError) in
            try ProcessorState.setConstants(vcpu, surroundings)
            try vcpu.write(.special, state.special)
            try vcpu.write(.vectors, state.vectors)
            try vcpu.write(.general, state.general)
        }
    }

    private static func bytes<Registers: BitwiseCopyable>(of registers: Registers) -> [UInt8] {
        // Structs of integers without padding, as the kernel defines them.
        unsafe withUnsafeBytes(of: registers) { unsafe Array($0) }
    }
}

extension XenDomain {
    /// Takes over of a state that was checked what is no single processor's.
    func adopt(_ state: XenMachineState) {
        channels.restore(state.channels)
        for (handle, processor) in zip(processors, state.processors) { handle.restore(processor) }
    }
}
