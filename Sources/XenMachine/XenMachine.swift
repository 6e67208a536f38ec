import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor
import Virtio

/// A machine for a KVM that interprets ring 0: the guest's kernel runs in ring 3, and this machine answers Xen's public
/// interface for such kernels. docs/xen-machine.md explains it to a newcomer.
public final class XenMachine: Machine {
    /// The guest's memory: its own, and the monitor's area above.
    public let memory: GuestMemory
    /// Brings the processor back, and stops the machine, from any thread.
    public let kick: ProcessorKick
    /// How often the guest was left, once `run` is back.
    public private(set) var counters = MachineCounters()
    /// How many pieces of the kernel were changed.
    public private(set) var patchCount = 0
    private let memorySize: UInt64
    private let machine: KVMMachine
    private let gate: ProcessorGate
    private let lines: InterruptLines
    private let identification: [kvm_cpuid_entry2]

    /// What a machine of this kind can have: devices lie above.
    public static let maximumMemory: UInt64 = 3 << 30
    /// What a kernel and its tables need.
    public static let minimumMemory: UInt64 = 32 << 20

    /// What every kernel in ring 3 is told: no buses to look for; small bounce buffers; the clock of Xen's pages, for the counter
    /// is said to be unstable; and that lock prefixes stay, for to take away each of thousands it would change page tables.
    private static let commandLine = "pci=off swiotlb=512 clocksource=xen tsc=unstable noreplace-smp"

    /// Makes a machine without a kernel.
    ///
    /// - Parameters:
    ///   - memorySize: bytes of memory, a multiple of 2 MB.
    ///   - source: where the memory comes from.
    public init(
        _ system: borrowing KVMSystem, memorySize: UInt64, memory source: MemorySource = .fresh
    ) throws(MachineError) {
        guard memorySize % (2 << 20) == 0, memorySize >= Self.minimumMemory, memorySize <= Self.maximumMemory else {
            throw .configuration("\(memorySize >> 20) MB of memory: an even number from 32 to 3072 on this host")
        }
        self.memorySize = memorySize
        memory = try MachineError.memory { () throws(GuestMemoryError) in
            let area = MonitorArea.size(memorySize: memorySize)
            return try GuestMemory([
                GuestRegion(source.mapping(size: memorySize, at: 0), at: GuestAddress(0)),
                GuestRegion(source.mapping(size: area, at: memorySize), at: GuestAddress(MonitorArea.start)),
            ])
        }
        machine = try Self.makeMachine(system, memory.regions)
        identification = try MachineError.system { () throws(SystemError) in try system.supportedCPUID() }
        kick = try MachineError.system { () throws(SystemError) in try ProcessorKick() }
        lines = InterruptLines(kick)
        gate = try MachineError.system { [kick] () throws(SystemError) in try ProcessorGate(kick) }
    }

    /// The line of an interrupt (0…15), for a device.
    public func interruptLine(_ number: UInt32) -> XenInterruptLine { XenInterruptLine(lines: lines, number: number) }

    /// Loads a kernel and runs it to its end, on the calling thread.
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
        let processor = try MachineError.system { () throws(SystemError) in
            let processor = try makeProcessor(board, console)
            try ProcessorState.set(processor.vcpu, start, policy: processor.policy)
            return processor
        }
        try MachineError.memory { () throws(GuestMemoryError) in try processor.share(start) }
        return try run(processor, confine)
    }

    /// As of `Machine`.
    public func restore(
        _ state: [UInt8], board: DeviceBoard, console: ConsoleLog,
        confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        let state = try XenMachineState(state)
        let processor = try MachineError.system { () throws(SystemError) in
            try makeProcessor(board, console, elapsed: state.time)
        }
        try state.check(memory, processor.policy)
        try processor.adopt(state)
        return try run(processor, confine)
    }

    private func run(_ processor: XenProcessor, _ confine: () throws(MachineError) -> Void) throws(MachineError)
        -> MachineEnd
    {
        try confine()
        let end = try processor.run()
        counters = try processor.finalCounters()
        return end
    }

    /// As of `Machine`.
    public var stillness: any MachineStillness { XenMachineStillness(gate: gate) }

    /// As of `Machine`.
    public var stop: @Sendable () -> Void {
        let kick = kick
        return { kick.stop() }
    }

    /// As of `Machine`.
    public func statistics() -> MachineStatistics {
        MachineStatistics(
            exits: counters.exits, kernel: counters.kernel, hypercalls: counters.monitored.values.reduce(0, &+),
            text: "pieces of the kernel changed: \(patchCount)\n\(counters)")
    }

    /// - Parameter elapsed: nanoseconds that have passed in the guest already.
    private func makeProcessor(
        _ board: DeviceBoard, _ console: ConsoleLog, elapsed: UInt64 = 0
    ) throws(SystemError) -> XenProcessor {
        // The kernel tells a device of a queue by a store; the thread of devices hears of it without an exit.
        for slot in board.slots {
            for (queue, event) in slot.device.queueEvents.enumerated() {
                try machine.connectStore(
                    at: slot.address + MMIOTransportLayout.queueNotify, length: 4, value: UInt64(queue),
                    to: event.number)
            }
        }
        let vcpu = try machine.makeVCPU(0)
        let frequency = try vcpu.timeStampFrequency()
        let policy = ProcessorPolicy(frequency: frequency)
        // What KVM lets a guest have; without it there are no vector states.
        try vcpu.writeCPUID(identification)
        return try XenProcessor(
            memory: memory, memorySize: memorySize, vcpu: vcpu, bus: board.bus, console: console, kick: kick,
            gate: gate,
            lines: lines, clock: GuestClock(frequency: frequency, elapsed: elapsed), policy: policy)
    }

    private func load(
        _ kernel: CInt, _ initialFileSystem: (file: CInt, size: UInt64)?, _ commandLine: String
    ) throws(MachineError) -> DomainBuilder.Start {
        let file = try KernelFile(kernel)
        let notes = try KernelNotes(file.notes)
        let layout = try DomainLayout(
            kernelEnd: file.end, initialFileSystemSize: initialFileSystem?.size ?? 0, memorySize: memorySize)
        try file.load(kernel, into: memory)
        if let initialFileSystem {
            try KernelFile.load(
                initialFileSystem.file, at: 0, count: initialFileSystem.size,
                to: GuestAddress(layout.initialFileSystem), memory, "initial file system")
        }
        let builder = DomainBuilder(memory: memory, memorySize: memorySize, layout: layout, notes: notes)
        let start = try builder.build(commandLine: commandLine)
        patchCount = try MachineError.memory { () throws(GuestMemoryError) in
            try MonitorSetup(memory: memory, memorySize: memorySize).write()
            return try KernelPatches.apply(file, memory)
        }
        return start
    }

    private static func makeMachine(
        _ system: borrowing KVMSystem, _ regions: [GuestRegion]
    ) throws(MachineError) -> KVMMachine {
        do throws(SystemError) {
            let machine = try system.makeMachine()
            // Between the devices and the end of the first four gigabytes: of no use to a guest.
            try machine.setTaskStateSegmentAddress(0xfffb_d000)
            for (slot, region) in regions.enumerated() {
                try machine.setMemory(
                    slot: UInt32(slot), guestAddress: region.start.value, size: region.size,
                    hostAddress: region.hostAddress)
            }
            return machine
        } catch {
            throw .system(error)
        }
    }
}

/// Has the one processor stand still.
struct XenMachineStillness: MachineStillness {
    let gate: ProcessorGate

    func pause() throws(MachineError) { try gate.close() }
    func resume() { gate.open() }
    func save() throws(MachineError) -> [UInt8] { try gate.save() }
}

/// One interrupt of a device.
public struct XenInterruptLine: InterruptLine {
    let lines: InterruptLines
    let number: UInt32

    /// Raises it, as an edge; from any thread.
    public func raise() { lines.raise(number) }
}
