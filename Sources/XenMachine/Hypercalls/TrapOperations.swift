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
            let bytes = try kernel.read(
                list &+ UInt64(index * TrapTable.entrySize), count: TrapTable.entrySize)
            guard let (vector, entry) = TrapTable.entry(bytes[...]) else { return 0 }
            try Self.memory { () throws(GuestMemoryError) in try set(entry, for: vector) }
        }
        throw .invalid
    }

    /// Sets a handler; the page fault's is the monitor's to call.
    func set(_ entry: TrapTable.Entry, for vector: Int) throws(GuestMemoryError) {
        traps[vector] = entry
        guard vector == 14 else { return }
        try area.setState(GM_FAULT_ENTRY, entry.address)
        try area.setState(GM_FAULT_MASK, entry.masksEvents ? 1 : 0)
    }

    private enum CallbackKind: UInt16 {
        case event = 0
        case failsafe = 1
        case systemCall = 2
        case systemEntry = 5
        case systemCall32 = 7
    }

    /// callback_op: where the kernel takes events and system calls (callback.h).
    func callbackOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        // Registering; taking back is not for a kernel that runs.
        guard arguments.command != 1 else { return 0 }
        guard arguments.command == 0 else { throw .unknown(command: arguments.command) }
        let request = try kernel.read(arguments.second, count: 16)
        let address = request.get(UInt64.self, at: 8)
        let kind = request.get(UInt16.self, at: 0)
        switch CallbackKind(rawValue: kind) {
        case .event: eventEntry = address
        // Called where a return meets a bad selector: there are none of the kernel's own.
        case .failsafe: break
        case .systemCall:
            try Self.memory { () throws(GuestMemoryError) in try area.setState(GM_SYSCALL_ENTRY, address) }
        // Without system calls of 32-bit programs, Linux takes them away from its features.
        case .systemEntry, .systemCall32: throw .notImplemented
        case nil: throw .unknown(command: UInt64(kind))
        }
        return 0
    }
}
