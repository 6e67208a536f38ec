import CGuestMonitor
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

extension XenDomain {
    /// Has a processor rest. With the last of them the machine ends, as Xen has it.
    func rest(_ processor: ProcessorHandle) {
        processor.rest()
        if !processors.contains(where: \.isUp) { ending.set(.success(.poweredOff)) }
    }
}

extension XenProcessor {
    /// Waits until the kernel starts the processor, or the machine is to end.
    func rest() throws(MachineError) {
        timer.cancel()
        while !handle.isUp, !kick.isStopping {
            if gate.isClosed { try stand() }
            try MachineError.system { () throws(SystemError) in
                try kick.sleep(nil) { handle.isUp || gate.isClosed }
            }
        }
        armTimer()
    }

    /// Begins as the kernel has told.
    func adopt(_ context: ProcessorContext) throws(MachineError) {
        try MachineError.memory { () throws(GuestMemoryError) in
            try channels.setMasked(true, index)
            try area.setKernelRoot(context.root)
            try area.setState(GM_KERNEL_STACK, context.kernelStack)
            try area.setState(GM_SYSCALL_ENTRY, context.systemCallEntry)
            try area.setState(GM_KERNEL_GS, context.kernelGS)
            try area.setState(GM_USER_GS, context.userGS)
            for (vector, entry) in context.traps { try set(entry, for: vector) }
            try hangUp(context.root)
        }
        eventEntry = context.eventEntry
        try MachineError.system { () throws(SystemError) in
            try ProcessorState.set(
                vcpu, context.general, root: context.root, fsBase: context.fsBase, gsBase: context.kernelGS,
                surroundings)
        }
    }

    /// Hangs the area into a root with which a processor begins; into others the monitor does it, when the kernel loads them.
    /// What is present there already is not changed behind KVM's back.
    func hangUp(_ root: UInt64) throws(GuestMemoryError) {
        for slot in 0..<UInt64(2) {
            let place = GuestAddress(root + 8 * (UInt64(GM_SLOT_AREA) + slot))
            if try memory.read(UInt64.self, at: place) & PageBits.present != 0 { continue }
            try memory.write(try area.state(GM_KERNEL_HOOKS + Int32(8 * slot)), at: place)
        }
    }
}
