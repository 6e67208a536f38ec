import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

extension XenProcessor {
    /// How long an event waits that cannot be given at this moment. A kick again after 30 µs finds the guest where it was, for
    /// ever; after 200 µs it does not.
    static let pause: UInt64 = 200_000

    /// A kick or a timer brought the processor back.
    func interrupted() throws(GuestMemoryError) {
        vcpu.requestImmediateExit(false)
        if kick.isStopping { return }
        try takeInterrupts()
        guard try channels.isPending(index) else {
            armTimer()
            return
        }
        if try !channels.isMasked(index) {
            if canDeliverHere() {
                try deliverEvent()
                armTimer()
            } else {
                timer.set(in: Self.pause)
            }
        } else {
            // The kernel asks for it when it takes events again.
            armTimer()
        }
    }

    /// Moves what devices and the timer have raised into the guest's event channels.
    func takeInterrupts() throws(GuestMemoryError) {
        var raised = index == 0 ? domain.lines.take() : 0
        while raised != 0 {
            let line = UInt32(raised.trailingZeroBitCount)
            raised &= raised - 1
            try channels.raise(.physicalInterrupt(line), by: index)
        }
        if let deadline, clock.now >= deadline {
            self.deadline = nil
            try channels.raise(.virtualInterrupt(EventChannels.timer), by: index)
        }
    }

    /// Has the kernel's timer bring the processor back at its time.
    func armTimer() {
        guard let deadline else { return timer.cancel() }
        let now = clock.now
        timer.set(in: deadline > now ? max(deadline - now, 1000) : 1000)
    }

    /// Whether an event can be given where a kick found the guest: not in the monitor, whose stacks are no place for a frame.
    private func canDeliverHere() -> Bool {
        !MonitorArea.code(processors: domain.processors.count).contains(general.rip) && isBetweenInstructions()
    }

    /// Whether the registers are all there is of the processor: not within an exception that is being delivered, not in ring 0.
    func isBetweenInstructions() -> Bool {
        guard special.cs.selector & 3 == 3 else { return false }
        // What KVM_RUN has not delivered yet is not in the registers.
        let events: kvm_vcpu_events
        do throws(SystemError) {
            events = try vcpu.readEvents()
        } catch {
            failure = .system(error)
            return false
        }
        if events.exception.injected != 0 || events.exception.pending != 0 || events.interrupt.injected != 0 {
            return false
        }
        return !isBehindBreakpoint()
    }

    /// A breakpoint that KVM holds back is told nowhere, and RIP is past it already: an event now would lose it. An INT3 before
    /// RIP may be one, or chance; so it is put off twice at most.
    private func isBehindBreakpoint() -> Bool {
        let code = KernelMemory(memory: memory, root: special.cr3)
        do throws(HypercallError) {
            let byte = try code.read(UInt8.self, at: general.rip &- 1)
            if byte != 0xcc && byte != 0xce { return false }
        } catch {
            // Nothing is mapped there, so nothing was executed.
            return false
        }
        if putOff.address != general.rip { putOff = (general.rip, 0) }
        putOff.count += 1
        return putOff.count <= 2
    }
}
