import Glibc
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

extension HardwareMachine {
    /// What this kind of machine asks of KVM.
    private static let neededCapabilities: [(capability: KVMCapability, name: String)] = [
        (.irqChip, "interrupt controllers"), (.userMemory, "memory slots"), (.irqFileDescriptor, "irqfd"),
        (.ioEventFileDescriptor, "ioeventfd"), (.immediateExit, "immediate exit"),
        (.deadlineTimer, "a timer with deadline"),
    ]

    /// Refuses what cannot be had before anything is made.
    static func check(
        _ system: borrowing KVMSystem, _ memorySize: UInt64, _ processors: Int
    ) throws(MachineError) {
        guard memorySize >= MemoryMap.minimumSize, memorySize % GuestMapping.pageSize == 0 else {
            throw .configuration(
                "\(memorySize) bytes of memory: whole pages are needed, and at least \(MemoryMap.minimumSize >> 20) MiB"
            )
        }
        let most: Int
        do throws(SystemError) {
            for (capability, name) in neededCapabilities where try system.capability(capability) == 0 {
                throw SystemError("KVM_CHECK_EXTENSION", name, number: EOPNOTSUPP)
            }
            most = min(maximumProcessors, Int(try system.capability(.maximumVCPUs)))
        } catch {
            throw .system(error)
        }
        guard processors >= 1, processors <= most else {
            throw .configuration("\(processors) processors: 1 to \(most) are possible")
        }
    }

    /// The memory, in one part or in two.
    static func makeMemory(_ size: UInt64, _ source: MemorySource = .fresh) throws(GuestMemoryError) -> GuestMemory {
        var regions: [GuestRegion] = []
        var offset: UInt64 = 0
        for range in MemoryMap(size: size).memory {
            regions.append(
                try GuestRegion(source.mapping(size: range.size, at: offset), at: GuestAddress(range.start)))
            offset += range.size
        }
        return try GuestMemory(regions)
    }

    /// A machine with memory and interrupt controllers. There is no 8254: kvmclock tells the frequency of the time-stamp
    /// counter, and the local APIC's deadline timer counts in it.
    static func makeMachine(
        _ system: borrowing KVMSystem, _ memory: GuestMemory
    ) throws(SystemError) -> KVMMachine {
        let machine = try system.makeMachine()
        try machine.setTaskStateSegmentAddress(AddressMap.taskStateSegment)
        try machine.makeInterruptControllers()
        for (slot, region) in memory.regions.enumerated() {
            try machine.setMemory(
                slot: UInt32(slot), guestAddress: region.start.value, size: region.size,
                hostAddress: region.hostAddress)
        }
        return machine
    }

    /// The processors, of which the first will begin and the others wait for it to start them (INIT, SIPI).
    static func makeProcessors(
        _ system: borrowing KVMSystem, _ machine: borrowing KVMMachine, _ count: UInt32
    ) throws(MachineError) -> [Processor] {
        do throws(SystemError) {
            let supported = try system.supportedCPUID()
            var processors: [Processor] = []
            for index in 0..<count {
                let vcpu = try machine.makeVCPU(index)
                let shown = CPUIDFilter(processors: count).table(supported, processor: index)
                try vcpu.writeCPUID(shown)
                if let vectors = BootRegisters.extendedControl(shown) { try vcpu.writeExtendedControl(vectors) }
                try vcpu.writeModelSpecific(BootRegisters.modelSpecific)
                processors.append(try Processor(vcpu))
            }
            return processors
        } catch {
            throw .system(error)
        }
    }

    /// What of CPUID programs choose their code by: a copy must find the same.
    static func identification(
        _ system: borrowing KVMSystem, processors: UInt32
    ) throws(MachineError) -> UInt64 {
        let table = CPUIDFilter(processors: processors).table(
            try MachineError.system { () throws(SystemError) in try system.supportedCPUID() }, processor: 0)
        let shown = table.filter { [0, 1, 7, 0xd, 0x8000_0001].contains($0.function) }
        let words = shown.flatMap { [$0.function, $0.index, $0.eax, $0.ebx, $0.ecx, $0.edx] }
        return Checksum.of(words.lazy.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xff) } })
    }
}
