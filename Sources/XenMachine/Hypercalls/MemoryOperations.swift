import CGuestMonitor
import GuestMemory
import MachineMonitor

extension XenProcessor {
    private enum MemoryCommand: UInt64 {
        case decreaseReservation = 1
        case maximumPage = 2
        case currentReservation = 3
        case maximumReservation = 4
        case memoryMap = 9
        case machineMemoryMap = 10
        case exchange = 11
        case machineToPhysicalMapping = 12
    }

    /// memory_op (memory.h).
    func memoryOperation(_ arguments: HypercallArguments, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let pages = memorySize >> 12
        switch MemoryCommand(rawValue: arguments.command) {
        // The guest keeps what it gives back: the few pages under the tables of ACPI.
        case .decreaseReservation:
            let count = try kernel.read(UInt64.self, at: arguments.second &+ 8)
            return Int64(min(count, pages))
        case .maximumPage, .currentReservation, .maximumReservation: return Int64(pages)
        case .memoryMap, .machineMemoryMap: return try writeMemoryMap(arguments.second, kernel)
        case .exchange: return try exchange(arguments.second, kernel)
        case .machineToPhysicalMapping:
            let table = UInt64(GM_TABLE_VA)
            var mapping = [UInt8](repeating: 0, count: 24)
            mapping.put(table, at: 0)
            mapping.put(table + 8 * pages, at: 8)
            mapping.put(pages - 1, at: 16)
            try kernel.write(mapping, at: arguments.second)
            return 0
        case nil: throw .unknown(command: arguments.command)
        }
    }

    /// The map of memory as firmware would tell it (struct xen_memory_map; one entry of e820). The kernel keeps off the range
    /// below 1 MB where firmware would be, and there are ACPI's tables; told of it as a hole, it would look into each of its
    /// pages by a fault.
    private func writeMemoryMap(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let usable: UInt32 = 1
        let room = try kernel.read(UInt32.self, at: place)
        let buffer = try kernel.read(UInt64.self, at: place &+ 8)
        guard room > 0 else { throw .invalid }
        var entry = [UInt8](repeating: 0, count: 20)
        entry.put(memorySize, at: 8)
        entry.put(usable, at: 16)
        try kernel.write(entry, at: buffer)
        try kernel.write(UInt32(1), at: place)
        return 0
    }

    /// Pages for as many in one piece: they are in one piece already, so the first is the answer (struct xen_memory_exchange).
    private func exchange(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int64 {
        let request = try kernel.read(place, count: 72)
        let first = try kernel.read(UInt64.self, at: request.get(UInt64.self, at: 0))
        try kernel.write(first, at: request.get(UInt64.self, at: 32))
        try kernel.write(request.get(UInt64.self, at: 8), at: place &+ 64)
        return 0
    }
}
