import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import MachineMonitor

extension XenProcessor {
    /// An exception in ring 3 that the monitor passed on: its frame lies on the exception stack.
    ///
    /// - Parameter told: whether by a store in ring 3; else by a stub in ring 0, which still stands on that stack.
    func exception(_ vector: Int, told: Bool = false) throws(GuestMemoryError) {
        counters.count(exception: vector)
        let hasErrorCode = TrapTable.hasErrorCode(vector)
        let stack = MonitorArea.offset(Int(GM_EXCEPTION_STACK_TOP), processor: index)
        let top = MonitorArea.virtual(ring0: stack)
        let size: UInt64 = hasErrorCode ? 48 : 40
        guard told || general.rsp == top - size else {
            let rip = String(general.rip, radix: 16)
            end = .guestFault("exception \(vector) in ring 0, where only the monitor is, at 0x\(rip)")
            return
        }
        func word(_ index: UInt64) throws(GuestMemoryError) -> UInt64 {
            try memory.read(UInt64.self, at: GuestAddress(MonitorArea.address(stack) - 8 * index))
        }
        let errorCode = hasErrorCode ? try word(6) : 0
        let context = Context(rip: try word(5), rsp: try word(2), rflags: try word(3))
        general.rip = context.rip
        general.rsp = context.rsp
        general.rflags = context.rflags
        generalChanged = true
        setRing3()
        if try area.state(GM_IN_USER) == 0 {
            if vector == 6, try emulateIdentification() { return }
            if vector == 13, try emulatePrivileged() { return }
            if vector == 6 || vector == 13, traps[vector].address == 0 {
                end = .unknownInstruction(address: context.rip, bytes: try instructionBytes(15))
                return
            }
        }
        try deliver(vector, errorCode: errorCode, from: context)
    }

    /// Gives the kernel an exception.
    func deliver(_ vector: Int, errorCode: UInt64, from context: Context) throws(GuestMemoryError) {
        let handler = traps[vector]
        guard handler.address != 0 else {
            let rip = String(context.rip, radix: 16)
            end = .guestFault(
                "exception \(vector), error code \(errorCode), at 0x\(rip), before it has a handler for it")
            return
        }
        try bounce(
            to: handler.address, masking: handler.masksEvents,
            errorCode: TrapTable.hasErrorCode(vector) ? errorCode : nil, from: context)
    }
}
