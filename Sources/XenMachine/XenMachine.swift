import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor
import Virtio

/// A machine for a KVM that interprets ring 0: the guest's kernel runs in ring 3, and this machine answers Xen's public
/// interface for such kernels. docs/xen-machine.md explains it to a newcomer.
public final class XenMachine: Machine {
    private let domain: XenDomain
    private let threads: ProcessorThreads
    private let identification: [kvm_cpuid_entry2]
    /// How many pieces of the kernel were changed.
    private var patchCount = 0

    /// What a machine of this kind can have: devices lie above.
    public static let maximumMemory: UInt64 = 3 << 30
    /// What a kernel and its tables need.
    public static let minimumMemory: UInt64 = 32 << 20
    /// Processors for which the monitor's area has room.
    public static let maximumProcessors = Int(GM_PROCESSOR_LIMIT)

    /// What every kernel in ring 3 is told: no buses to look for; small bounce buffers; the clock of Xen's pages, for the counter
    /// is said to be unstable; and that lock prefixes stay, for to take away each of thousands it would change page tables.
    private static let commandLine = "pci=off swiotlb=512 clocksource=xen tsc=unstable noreplace-smp"

    /// Makes a machine without a kernel.
    ///
    /// - Parameters:
    ///   - memorySize: bytes of memory, a multiple of 2 MB.
    ///   - processors: 1 to `maximumProcessors`.
    ///   - source: where the memory comes from.
    public init(
        _ system: borrowing KVMSystem, memorySize: UInt64, processors: Int = 1, memory source: MemorySource = .fresh
    ) throws(MachineError) {
        guard memorySize % (2 << 20) == 0, memorySize >= Self.minimumMemory, memorySize <= Self.maximumMemory else {
            throw .configuration("\(memorySize >> 20) MB of memory: an even number from 32 to 3072 on this host")
        }
        guard (1...Self.maximumProcessors).contains(processors) else {
            throw .configuration("\(processors) processors: 1 to \(Self.maximumProcessors) on this host")
        }
        let memory = try MachineError.memory { () throws(GuestMemoryError) in
            let area = MonitorArea.size(memorySize: memorySize)
            return try GuestMemory([
                GuestRegion(source.mapping(size: memorySize, at: 0), at: GuestAddress(0)),
                GuestRegion(source.mapping(size: area, at: memorySize), at: GuestAddress(MonitorArea.start)),
            ])
        }
        do throws(SystemError) {
            identification = try system.supportedCPUID()
            domain = try XenDomain(memory, memorySize: memorySize, processors: processors)
            threads = ProcessorThreads(try Self.makeMachine(system, memory.regions), domain)
        } catch {
            throw .system(error)
        }
    }

    /// As of `Machine`.
    public var memory: GuestMemory { domain.memory }

    /// The line of an interrupt (0…15), for a device.
    public func interruptLine(_ number: UInt32) -> XenInterruptLine {
        XenInterruptLine(lines: domain.lines, number: number)
    }

    /// Loads a kernel and runs it to its end: the first processor on the calling thread, each other on one of its own.
    ///
    /// - Parameters:
    ///   - kernel: an open `vmlinux`.
    ///   - initialFileSystem: an open initramfs and its bytes, or nil.
    ///   - commandLine: what the kernel is told beside what every machine of this kind needs.
    public func run(
        kernel: CInt, initialFileSystem: (file: CInt, size: UInt64)?, commandLine: String, board: DeviceBoard,
        console: ConsoleLog, confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        let words = [Self.commandLine, board.commandLine, commandLine].filter { !$0.isEmpty }
        let start = try load(kernel, initialFileSystem, words.joined(separator: " "))
        let first = try makeFirst(board, console)
        try MachineError.system { () throws(SystemError) in
            try ProcessorState.set(first.vcpu, start, first.surroundings)
        }
        try MachineError.memory { () throws(GuestMemoryError) in try first.share(start) }
        return try threads.run(first, confine: confine)
    }

    /// As of `Machine`.
    public func restore(
        _ state: [UInt8], board: DeviceBoard, console: ConsoleLog,
        confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        let state = try XenMachineState(state)
        let first = try makeFirst(board, console, elapsed: state.time)
        try state.check(domain, first.policy)
        domain.adopt(state)
        try first.adopt(state.processors[0])
        try MachineError.memory { () throws(GuestMemoryError) in try first.shareTime() }
        return try threads.run(first, from: state, confine: confine)
    }

    /// As of `Machine`.
    public var stillness: any MachineStillness { XenMachineStillness(domain: domain) }

    /// As of `Machine`.
    public var stop: @Sendable () -> Void {
        let ending = domain.ending
        return { ending.set(.success(.stopped)) }
    }

    /// As of `Machine`.
    public func statistics() -> MachineStatistics {
        let counters = domain.counters.withLock { $0 }
        return MachineStatistics(
            exits: counters.exits, kernel: counters.kernel, hypercalls: counters.monitored.values.reduce(0, &+),
            text: "pieces of the kernel changed: \(patchCount)\n\(counters)")
    }

    /// The first processor, without registers of its own yet.
    ///
    /// - Parameter elapsed: nanoseconds that have passed in the guest already.
    private func makeFirst(
        _ board: DeviceBoard, _ console: ConsoleLog, elapsed: UInt64 = 0
    ) throws(MachineError) -> XenProcessor {
        do throws(SystemError) {
            // The kernel tells a device of a queue by a store; the thread of devices hears of it without an exit.
            for slot in board.slots {
                for (queue, event) in slot.device.queueEvents.enumerated() {
                    try threads.machine.connectStore(
                        at: slot.address + MMIOTransportLayout.queueNotify, length: 4, value: UInt64(queue),
                        to: event.number)
                }
            }
            let vcpu = try threads.machine.makeVCPU(0)
            let frequency = try vcpu.timeStampFrequency()
            let surroundings = ProcessorSurroundings(
                bus: board.bus, console: console, clock: GuestClock(frequency: frequency, elapsed: elapsed),
                policy: ProcessorPolicy(frequency: frequency, processors: domain.processors.count),
                identification: identification)
            return try XenProcessor(domain, vcpu, surroundings)
        } catch {
            throw .system(error)
        }
    }

    private func load(
        _ kernel: CInt, _ initialFileSystem: (file: CInt, size: UInt64)?, _ commandLine: String
    ) throws(MachineError) -> DomainBuilder.Start {
        let file = try KernelFile(kernel)
        let notes = try KernelNotes(file.notes)
        let (memorySize, processors) = (domain.memorySize, domain.processors.count)
        let layout = try DomainLayout(
            kernelEnd: file.end, initialFileSystemSize: initialFileSystem?.size ?? 0, memorySize: memorySize)
        try file.load(kernel, into: memory)
        if let initialFileSystem {
            try KernelFile.load(
                initialFileSystem.file, at: 0, count: initialFileSystem.size,
                to: GuestAddress(layout.initialFileSystem), memory, "initial file system")
        }
        let builder = DomainBuilder(
            memory: memory, memorySize: memorySize, layout: layout, notes: notes, processors: processors)
        let start = try builder.build(commandLine: commandLine)
        patchCount = try MachineError.memory { () throws(GuestMemoryError) in
            try MonitorSetup(memory: memory, memorySize: memorySize, processors: processors).write()
            return try KernelPatches.apply(file, memory, processors: processors)
        }
        return start
    }

    private static func makeMachine(
        _ system: borrowing KVMSystem, _ regions: [GuestRegion]
    ) throws(SystemError) -> KVMMachine {
        let machine = try system.makeMachine()
        // Between the devices and the end of the first four gigabytes: of no use to a guest.
        try machine.setTaskStateSegmentAddress(0xfffb_d000)
        for (slot, region) in regions.enumerated() {
            try machine.setMemory(
                slot: UInt32(slot), guestAddress: region.start.value, size: region.size,
                hostAddress: region.hostAddress)
        }
        return machine
    }
}

/// One interrupt of a device.
public struct XenInterruptLine: InterruptLine {
    let lines: InterruptLines
    let number: UInt32

    /// Raises it, as an edge; from any thread.
    public func raise() { lines.raise(number) }
}
