import CGuestMonitor
import GuestMemory
import MachineMonitor

extension XenProcessor {
    /// set_trap_table: handlers, up to one without an address (struct trap_info).
    func setTrapTable(_ list: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        if list == 0 {
            traps.clear()
            return 0
        }
        // One for each vector and the end: a longer list says something twice.
        for index in 0...256 {
            let entry = try kernel.read(
                list &+ UInt64(index * TrapTable.entrySize), count: TrapTable.entrySize)
            let address = entry.get(UInt64.self, at: 8)
            if address == 0 { return 0 }
            let vector = Int(entry[0])
            let masks = entry[1] & 4 != 0
            traps[vector] = TrapTable.Entry(address: address, masksEvents: masks)
            if vector == 14 {
                try Self.memory { () throws(GuestMemoryError) in
                    try area.setState(GM_FAULT_ENTRY, address)
                    try area.setState(GM_FAULT_MASK, masks ? 1 : 0)
                }
            }
        }
        throw .invalid
    }

    private enum CallbackKind: UInt16 {
        case event = 0
        case failsafe = 1
        case systemCall = 2
    }

    /// callback_op: where the kernel takes events and system calls (callback.h).
    func callbackOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        // Registering; taking back is not for a kernel that runs.
        guard arguments.first == 0 else { return 0 }
        let request = try kernel.read(arguments.second, count: 16)
        let address = request.get(UInt64.self, at: 8)
        switch CallbackKind(rawValue: request.get(UInt16.self, at: 0)) {
        case .event: eventEntry = address
        // Called where a return meets a bad selector: there are none of the kernel's own.
        case .failsafe: break
        case .systemCall:
            try Self.memory { () throws(GuestMemoryError) in try area.setState(GM_SYSCALL_ENTRY, address) }
        // SYSENTER and 32-bit system calls, NMI: none of them comes.
        case nil: throw .notImplemented
        }
        return 0
    }
}
