import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import MachineMonitor

extension XenProcessor {
    /// What an exception or event interrupted.
    struct Context {
        let rip: UInt64
        let rsp: UInt64
        let rflags: UInt64
    }

    /// The context of this exit's registers.
    var context: Context { Context(rip: general.rip, rsp: general.rsp, rflags: general.rflags) }

    /// Gives the kernel an event, if one waits and it takes events.
    func deliverEvent() throws(GuestMemoryError) {
        guard eventEntry != 0, try channels.isPending(index), try !channels.isMasked(index) else { return }
        counters.events += 1
        try bounce(to: eventEntry, masking: true, errorCode: nil, from: context)
    }

    /// Has the kernel go on at a handler, on its own stack, with the frame that Xen lays there: RCX, R11, an error code where
    /// there is one, and what IRET takes.
    func bounce(
        to handler: UInt64, masking: Bool, errorCode: UInt64?, from context: Context
    ) throws(GuestMemoryError) {
        let fromUser = try area.state(GM_IN_USER) != 0
        let masked = try channels.isMasked(index)
        let stack = (fromUser ? try area.state(GM_KERNEL_STACK) : context.rsp) & ~15
        if fromUser { try enterKernel() }
        let interruptFlag: UInt64 = 1 << 9
        var frame: [UInt64] = [general.rcx, general.r11]
        if let errorCode { frame.append(errorCode) }
        frame += [
            context.rip, UInt64(fromUser ? GM_CODE_3 : GM_CODE_0) | (masked ? 1 << 32 : 0),
            context.rflags & ~interruptFlag | (masked ? 0 : interruptFlag), context.rsp,
            UInt64(fromUser ? GM_DATA_3 : GM_DATA_0),
        ]
        var bytes = [UInt8](repeating: 0, count: 8 * frame.count)
        for (index, word) in frame.enumerated() { bytes.put(word, at: 8 * index) }
        let top = stack &- UInt64(bytes.count)
        let kernel = try kernelMemory()
        do throws(HypercallError) {
            try kernel.write(bytes, at: top)
        } catch {
            end = .guestFault("its stack at 0x\(String(top, radix: 16)) is not mapped")
            return
        }
        general.rip = handler
        general.rsp = top
        general.rflags = 0x202
        generalChanged = true
        setRing3()
        if masking { try channels.setMasked(true, index) }
    }

    /// From user mode into the kernel's address space.
    private func enterKernel() throws(GuestMemoryError) {
        try area.setState(GM_USER_GS, special.gs.base)
        try area.setState(GM_IN_USER, 0)
        try area.endService()
        special.gs.base = try area.state(GM_KERNEL_GS)
        special.cr3 = try area.state(GM_KERNEL_ROOT)
        specialChanged = true
    }

    /// Xen's IRET, where the monitor left it to us: the frame lies on the kernel's stack.
    func iret() throws(GuestMemoryError) {
        let bytes: [UInt8]
        let kernel = try kernelMemory()
        do throws(HypercallError) {
            bytes = try kernel.read(general.rsp, count: 72)
        } catch {
            end = .guestFault("the frame of its return at 0x\(String(general.rsp, radix: 16)) is not mapped")
            return
        }
        func word(_ index: Int) -> UInt64 { bytes.get(UInt64.self, at: 8 * index) }
        general.rax = word(0)
        general.r11 = word(1)
        general.rcx = word(2)
        let target = word(4)
        general.rsp = word(7)
        general.rflags = ProcessorState.flags(word(6))
        generalChanged = true
        try channels.setMasked(word(6) & 1 << 9 == 0, index)
        setRing3()
        guard word(5) & 3 == 3 else {
            general.rip = target
            return
        }
        special.gs.base = try area.state(GM_USER_GS)
        special.cr3 = try area.state(GM_USER_ROOT)
        specialChanged = true
        try area.setState(GM_IN_USER, 1)
        // The processor would refuse to go to what is no address, in ring 0. To the kernel it is the program's fault.
        if !ProcessorContext.isCanonical(target) {
            general.rip = 0
            try deliver(13, errorCode: 0, from: Context(rip: target, rsp: general.rsp, rflags: general.rflags))
        } else {
            general.rip = target
        }
    }

    /// Whatever the guest was at, it goes on in ring 3.
    func setRing3() {
        if special.cs.selector == UInt16(GM_CODE_3) && special.ss.selector == UInt16(GM_DATA_3) { return }
        special.cs = ProcessorState.code
        special.ss = ProcessorState.data
        specialChanged = true
    }
}
