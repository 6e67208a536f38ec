import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor

/// A machine for a KVM that interprets ring 0: the guest's kernel runs in ring 3, and this machine answers Xen's public
/// interface for such kernels. docs/xen-machine.md explains it to a newcomer.
public final class XenMachine {
    /// The guest's memory: its own, and the monitor's area above.
    public let memory: GuestMemory
    /// Brings the processor back, and stops the machine, from any thread.
    public let kick: ProcessorKick
    /// How often the guest was left, once `run` is back.
    public private(set) var counters = MachineCounters()
    /// How many of the kernel's two functions were made to stay in the guest.
    public private(set) var patchCount = 0
    private let memorySize: UInt64
    private let machine: KVMMachine
    private let lines: InterruptLines
    private let identification: [kvm_cpuid_entry2]

    /// What a machine of this kind can have: devices lie above.
    public static let maximumMemory: UInt64 = 3 << 30

    /// Makes a machine without a kernel.
    ///
    /// - Parameter memorySize: bytes of memory, whole megabytes.
    public init(_ system: borrowing KVMSystem, memorySize: UInt64) throws(MachineError) {
        guard memorySize % (2 << 20) == 0, memorySize >= 32 << 20, memorySize <= Self.maximumMemory else {
            throw .configuration("\(memorySize >> 20) MB of memory: from 32 to 3072, and even")
        }
        self.memorySize = memorySize
        memory = try MachineError.memory { () throws(GuestMemoryError) in
            try GuestMemory([
                GuestRegion(.anonymous(size: memorySize), at: GuestAddress(0)),
                GuestRegion(
                    .anonymous(size: MonitorArea.size(memorySize: memorySize)), at: GuestAddress(MonitorArea.start)),
            ])
        }
        let regions = memory.regions
        machine = try Self.makeMachine(system, regions)
        identification = try MachineError.system { () throws(SystemError) in try system.supportedCPUID() }
        kick = try MachineError.system { () throws(SystemError) in try ProcessorKick() }
        lines = InterruptLines(kick)
    }

    /// The line of an interrupt (0…15), for a device.
    public func interruptLine(_ number: UInt32) -> XenInterruptLine { XenInterruptLine(lines: lines, number: number) }

    /// Loads a kernel and runs it to its end, on the calling thread.
    ///
    /// - Parameters:
    ///   - kernel: an open `vmlinux`.
    ///   - initialFileSystem: an open initramfs, or nil.
    ///   - bus: the devices.
    public func run(
        kernel: CInt, initialFileSystem: CInt?, initialFileSystemSize: UInt64, commandLine: String, bus: DeviceBus,
        console: ConsoleLog
    ) throws(MachineError) -> MachineEnd {
        let start = try load(kernel, initialFileSystem, initialFileSystemSize, commandLine)
        let vcpu = try MachineError.system { () throws(SystemError) in try machine.makeVCPU(0) }
        let frequency = try MachineError.system { () throws(SystemError) in try vcpu.timeStampFrequency() }
        let policy = ProcessorPolicy(frequency: frequency)
        try MachineError.system { () throws(SystemError) in
            // What KVM lets a guest have; without it there are no vector states.
            try vcpu.writeCPUID(identification)
            try ProcessorState.set(vcpu, start, policy: policy)
        }
        let clock = GuestClock(frequency: frequency)
        try MachineError.memory { () throws(GuestMemoryError) in
            let shared = MonitorArea.address(Int(GM_SHARED_INFO))
            try memory.write(clock.timeInformation, at: GuestAddress(shared + 32))
            try memory.write(GuestClock.wallClock, at: GuestAddress(shared + 3072))
            // Events are masked until the kernel takes them.
            try memory.write(UInt8(1), at: GuestAddress(shared + 1))
            let area = MonitorArea(memory: memory)
            try area.setState(GM_KERNEL_ROOT, start.root)
            // The first root is hung up by hand; later ones by the monitor, when the kernel loads them.
            for index in 0..<UInt64(2) {
                let hook = try area.state(GM_KERNEL_HOOKS + Int32(8 * index))
                try memory.write(hook, at: GuestAddress(start.root + 8 * (UInt64(GM_SLOT_AREA) + index)))
            }
        }
        let processor: XenProcessor
        do throws(SystemError) {
            processor = try XenProcessor(
                memory: memory, memorySize: memorySize, vcpu: vcpu, bus: bus, console: console, kick: kick,
                lines: lines,
                clock: clock, policy: policy)
        } catch {
            throw .system(error)
        }
        let end = try processor.run()
        counters = processor.counters
        counters.kernel = try MachineError.system { () throws(SystemError) in
            try processor.vcpu.statistics().counters.filter { $0.value > 0 }
        }
        counters.monitored = try MachineError.memory { () throws(GuestMemoryError) in
            var counts: [Int: UInt64] = [:]
            for number in 0..<Int(GM_COUNT_LIMIT) {
                let count = try processor.area.state(GM_COUNTS + Int32(8 * number))
                if count > 0 { counts[number] = count }
            }
            return counts
        }
        return end
    }

    private func load(
        _ kernel: CInt, _ initialFileSystem: CInt?, _ initialFileSystemSize: UInt64, _ commandLine: String
    ) throws(MachineError) -> DomainBuilder.Start {
        let file = try KernelFile(kernel)
        let notes = try KernelNotes(file.notes)
        let layout = try DomainLayout(
            kernelEnd: file.end, initialFileSystemSize: initialFileSystemSize, memorySize: memorySize)
        try file.load(kernel, into: memory)
        if let initialFileSystem {
            try KernelFile.load(
                initialFileSystem, at: 0, count: initialFileSystemSize, to: GuestAddress(layout.initialFileSystem),
                memory,
                "initial file system")
        }
        let builder = DomainBuilder(memory: memory, memorySize: memorySize, layout: layout, notes: notes)
        let start = try builder.build(commandLine: Self.commandLine + " " + commandLine)
        patchCount = try MachineError.memory { () throws(GuestMemoryError) in
            try MonitorSetup(memory: memory, memorySize: memorySize).write()
            return try KernelPatches.apply(file, memory)
        }
        return start
    }

    /// What every kernel in ring 3 is told: no buses to look for; small bounce buffers; the clock of Xen's pages, for the counter
    /// is said to be unstable; and that lock prefixes stay, for to take away each of thousands it would change page tables.
    private static let commandLine = "pci=off swiotlb=512 clocksource=xen tsc=unstable noreplace-smp"

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

/// One interrupt of a device.
public struct XenInterruptLine: Sendable {
    let lines: InterruptLines
    let number: UInt32

    /// Raises it, as an edge; from any thread.
    public func raise() { lines.raise(number) }
}
