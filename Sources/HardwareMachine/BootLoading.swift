import GuestMemory
import LinuxSystem
import MachineMonitor

/// Puts everything into guest memory that the kernel finds when it starts.
struct BootLoading {
    let memory: GuestMemory
    let map: MemoryMap

    /// Loads.
    ///
    /// - Returns: where the first processor starts.
    func load(
        kernel: CInt, initialFileSystem: (file: CInt, size: UInt64)?, commandLine: CommandLine, processors: Int
    ) throws(MachineError) -> UInt64 {
        let file = try KernelFile(kernel)
        let entry = try file.physicalEntry()
        try file.load(kernel, into: memory)
        let initramfs = try load(initialFileSystem, above: file.end)
        try MachineError.memory { () throws(GuestMemoryError) in
            try commandLine.write(to: memory)
            try memory.write(
                ACPITables.bytes(processors: processors, at: AddressMap.acpiTables), at: AddressMap.acpiTables)
            try StartInformation(
                initramfs: initramfs, commandLine: AddressMap.commandLine, acpiRoot: AddressMap.acpiTables,
                memoryMap: map
            ).write(to: memory)
        }
        return entry
    }

    /// Puts the initramfs at the end of the memory below the gap, where the kernel's own start leaves it alone.
    private func load(
        _ initialFileSystem: (file: CInt, size: UInt64)?, above kernelEnd: UInt64
    ) throws(MachineError) -> (start: GuestAddress, size: UInt64)? {
        guard let (file, size) = initialFileSystem, size > 0 else { return nil }
        let end = map.memory[0].size
        guard size < end, (end - size) & ~(GuestMapping.pageSize - 1) >= kernelEnd else {
            throw .configuration(
                "the kernel and an initramfs of \(size) bytes do not fit into \(memory.size >> 20) MiB of memory")
        }
        let start = GuestAddress((end - size) & ~(GuestMapping.pageSize - 1))
        try KernelFile.load(file, at: 0, count: size, to: start, memory, "initramfs")
        return (start, size)
    }
}
