import GuestMemory
import LinuxSystem
import MachineMonitor

/// Writes the machine's two files while it stands still.
final class SnapshotWriting: Sendable {
    let kind: KVMProbe.Kind
    /// As the machine was asked for it.
    let memorySize: UInt64
    let processors: Int
    let memory: GuestMemory
    let board: DeviceBoard
    let console: ConsoleLog
    let pages: PageTable

    init(_ start: borrowing MachineStart, _ memory: GuestMemory, _ board: DeviceBoard, _ console: ConsoleLog)
        throws(SystemError)
    {
        kind = start.kind
        memorySize = start.memorySize
        processors = start.processors
        self.memory = memory
        self.board = board
        self.console = console
        pages = try PageTable()
    }

    /// - Parameter machine: what the machine's `save` gave.
    func write(machine: [UInt8], state: CInt, memory image: CInt) throws(MachineError) {
        let snapshot = MachineSnapshot(
            kind: kind, memorySize: memorySize, processors: processors,
            identity: try MachineError.system { () throws(SystemError) in try SnapshotFiles.makeIdentity() },
            imageSize: memory.size, devices: board.slots.map { $0.device.save() }, machine: machine,
            console: console.saved)
        try MachineError.memory { () throws(GuestMemoryError) in
            _ = try MemoryImage.write(memory, to: image, pages)
        }
        // The end mark, and the state after it: what was cut off is found.
        try MachineError.system { () throws(SystemError) in
            try SnapshotFiles.finish(snapshot, memory: image)
            try SnapshotFiles.write(snapshot, to: state)
        }
    }
}
