import GuestMemory
import HardwareMachine
import KVM
import LinuxSystem
import MachineMonitor
import Virtio
import XenMachine

/// How a machine begins: with a kernel, or where one that was copied stood.
struct MachineStart: ~Copyable {
    let kind: KVMProbe.Kind
    /// Bytes.
    let memorySize: UInt64
    let processors: Int
    private let system: KVMSystem
    private let snapshot: MachineSnapshot?

    /// Opens KVM; finds out of which kind it is, or reads the copy's state, which tells.
    init(_ options: Options) throws(MachineError) {
        let system = try MachineError.system { () throws(SystemError) in
            if let number = options.kvm { return try KVMSystem(owning: OwnedDescriptor(owning: number)) }
            return try KVMSystem.open()
        }
        if let state = options.state, let memoryFile = options.memoryFile {
            let stateFile = OwnedDescriptor(owning: state)
            let snapshot = try SnapshotFiles.read(stateFile.number)
            try SnapshotFiles.check(snapshot, memory: memoryFile)
            kind = snapshot.kind
            memorySize = snapshot.memorySize
            processors = snapshot.processors
            self.snapshot = snapshot
        } else {
            kind = try MachineError.system { () throws(SystemError) in try KVMProbe.kind(of: system) }
            memorySize = options.memory
            processors = options.processors
            snapshot = nil
        }
        self.system = system
    }

    /// The kind of machine that the host's KVM needs.
    func makeMachine(_ options: Options) throws(MachineError) -> any Machine {
        let source = options.memoryFile.map { MemorySource.image(file: $0) } ?? .fresh
        let machine: any Machine
        switch kind {
        case .hardware:
            machine = try HardwareMachine(
                system, memorySize: memorySize, processors: processors, memory: source)
        case .software:
            machine = try XenMachine(system, memorySize: memorySize, processors: processors, memory: source)
        }
        if let snapshot, snapshot.imageSize != machine.memory.size {
            throw .snapshot("its memory file is of \(snapshot.imageSize) bytes, the machine of \(machine.memory.size)")
        }
        // What is mapped stays without it.
        if let file = options.memoryFile { OwnedDescriptor.close(OwnedDescriptor(owning: file)) }
        return machine
    }

    /// Has devices go on where a copy's stood. They are attached to their loop, which does not run yet.
    func restoreDevices(_ board: DeviceBoard, _ console: ConsoleLog) throws(MachineError) {
        guard let snapshot else { return }
        guard snapshot.devices.count == board.slots.count else {
            throw .snapshot("it has \(snapshot.devices.count) devices, and \(board.slots.count) were asked for")
        }
        for (index, (slot, state)) in zip(board.slots, snapshot.devices).enumerated() {
            do throws(RestoreError) {
                try slot.device.restore(state)
            } catch {
                throw .snapshot("device \(index): \(error)")
            }
        }
        console.restore(snapshot.console)
    }

    /// Runs the guest to its end.
    func run(
        _ machine: any Machine, _ options: Options, _ board: DeviceBoard, _ console: ConsoleLog,
        confine: @escaping @Sendable () throws(MachineError) -> Void
    ) throws(MachineError) -> MachineEnd {
        if let snapshot {
            return try machine.restore(snapshot.machine, board: board, console: console, confine: confine)
        }
        var initialFileSystem: (CInt, UInt64)?
        if let file = options.initialFileSystem {
            initialFileSystem = (file, try Devices.size(of: file, "initramfs"))
        }
        return try machine.run(
            kernel: options.kernel ?? -1, initialFileSystem: initialFileSystem, commandLine: options.commandLine,
            board: board, console: console, confine: confine)
    }
}
