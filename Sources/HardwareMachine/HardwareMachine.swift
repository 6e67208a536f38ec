import GuestMemory
import KVM
import LinuxSystem
import MachineMonitor
import Synchronization
import Virtio

/// A machine on a KVM that runs a guest's kernel natively (VT-x, AMD-V): an ordinary guest, whose interrupt controllers
/// and timers the host's kernel does, and who is told of its hypervisor by CPUID. docs/hardware-machine.md explains it.
public final class HardwareMachine: Machine, Sendable {
    // The machine goes before its memory does.
    let machine: KVMMachine
    /// The guest's memory.
    public let memory: GuestMemory
    let processors: [Processor]
    private let ending: MachineEnding
    /// The model-specific registers that KVM keeps.
    let registers: [UInt32]
    /// A sum of what the guest is shown of its processor.
    let identification: UInt64
    /// All interrupt lines that were given out.
    let lines = Mutex<[EventDescriptor]>([])

    /// The most processors whose numbers the tables can hold.
    public static let maximumProcessors = 254

    /// Makes a machine without a kernel.
    ///
    /// - Parameters:
    ///   - memorySize: bytes; whole pages.
    ///   - processors: 1 to what KVM can do, at most `maximumProcessors`.
    ///   - source: where the memory comes from.
    public init(
        _ system: borrowing KVMSystem, memorySize: UInt64, processors count: Int, memory source: MemorySource = .fresh
    ) throws(MachineError) {
        try Self.check(system, memorySize, count)
        memory = try MachineError.memory { () throws(GuestMemoryError) in try Self.makeMemory(memorySize, source) }
        let (memory, count) = (memory, UInt32(count))
        machine = try MachineError.system { () throws(SystemError) in try Self.makeMachine(system, memory) }
        processors = try Self.makeProcessors(system, machine, count)
        ending = MachineEnding(processors.map(\.kick))
        registers = try MachineError.system { () throws(SystemError) in try system.modelSpecificRegisters() }
        identification = try Self.identification(system, processors: count)
    }

    /// As of `Machine`: an event that KVM watches. Signalling it raises the interrupt, and nothing comes back to this
    /// process.
    public func interruptLine(_ number: UInt32) throws(MachineError) -> EventDescriptor {
        do throws(SystemError) {
            let line = try EventDescriptor()
            try machine.connectInterrupt(line.number, to: number)
            lines.withLock { $0.append(line) }
            return line
        } catch {
            throw .system(error)
        }
    }

    /// As of `Machine`; the processors are threads of their own, and the caller waits.
    public func run(
        kernel: CInt, initialFileSystem: (file: CInt, size: UInt64)?, commandLine: String, board: DeviceBoard,
        console: ConsoleLog, confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        let entry = try BootLoading(memory: memory, map: MemoryMap(size: memory.size)).load(
            kernel: kernel, initialFileSystem: initialFileSystem,
            commandLine: CommandLine([board.commandLine, commandLine]), processors: processors.count)
        try MachineError.system { () throws(SystemError) in
            try connect(board)
            try processors[0].begin(at: entry)
        }
        return try run(board, try makePorts(console), console, confine)
    }

    /// As of `Machine`.
    public func restore(
        _ state: [UInt8], board: DeviceBoard, console: ConsoleLog,
        confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        let ports = try makePorts(console)
        try MachineError.system { () throws(SystemError) in try connect(board) }
        try adopt(try HardwareMachineState(state), ports)
        return try run(board, ports, console, confine)
    }

    /// As of `Machine`.
    public var stillness: any MachineStillness { HardwareMachineStillness(machine: self) }

    private func makePorts(_ console: ConsoleLog) throws(MachineError) -> Ports {
        Ports(SerialPort(console: console, interrupt: try interruptLine(AddressMap.serialInterrupt)), ending)
    }

    private func run(
        _ board: DeviceBoard, _ ports: Ports, _ console: ConsoleLog,
        _ confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        do throws(MachineError) {
            try run(board.bus, ports, confine)
        } catch {
            ending.set(.failure(error))
        }
        return try ending.result(console).get()
    }

    /// As of `Machine`.
    public var stop: @Sendable () -> Void {
        let ending = ending
        return { ending.set(.success(.stopped)) }
    }

    /// As of `Machine`: exits to this process by kind, and the host kernel's own counters of all processors.
    public func statistics() throws(SystemError) -> MachineStatistics {
        var kernel: [String: UInt64] = [:]
        for processor in processors { kernel.merge(try processor.vcpu.statistics().counters, uniquingKeysWith: &+) }
        return MachineStatistics(
            exits: exits, kernel: kernel,
            text: [CounterList.line("exits", exits), CounterList.line("kvm", kernel)].joined(separator: "\n"))
    }

    /// How often the processors left the guest for this process, by kind, once `run` is back.
    public var exits: [String: Int] {
        processors.reduce(into: [:]) { $0.merge($1.exits) { $0 + $1 } }
    }

    /// The kernel tells a device of a queue by a store; the device hears of it without an exit.
    private func connect(_ board: DeviceBoard) throws(SystemError) {
        for slot in board.slots {
            for (queue, event) in slot.device.queueEvents.enumerated() {
                try machine.connectStore(
                    at: slot.address + MMIOTransportLayout.queueNotify, length: 4, value: UInt64(queue),
                    to: event.number)
            }
        }
    }

    /// Runs all processors, each on a thread, until they have ended.
    private func run(
        _ bus: DeviceBus, _ ports: Ports, _ confine: @escaping @Sendable () throws(MachineError) -> Void,
        from index: Int = 0
    ) throws(MachineError) {
        // All threads are there: the caller only waits from here on.
        guard index < processors.count else { return try confine() }
        let thread = try MachineError.system { () throws(SystemError) in
            try MachineThread.start("processor-\(index)") {
                self.run(self.processors[index], bus, ports, confine)
            }
        }
        // A thread that cannot be started ends the machine, and so those that were.
        do throws(MachineError) {
            try run(bus, ports, confine, from: index + 1)
        } catch {
            ending.set(.failure(error))
        }
        thread.join()
    }

    private func run(
        _ processor: Processor, _ bus: DeviceBus, _ ports: Ports, _ confine: () throws(MachineError) -> Void
    ) {
        do throws(MachineError) {
            try confine()
            let end = try MachineError.system { () throws(SystemError) in
                try processor.run(bus: bus, ports: ports.bus) { () throws(MachineError) in
                    try save(processor, ports)
                }
            }
            if let end { ending.set(.success(end)) }
        } catch {
            ending.set(.failure(error))
        }
    }
}
