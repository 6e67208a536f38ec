import GuestMemory
import MachineMonitor

extension XenProcessor {
    private enum EventChannelCommand: UInt64 {
        case bindVirtualInterrupt = 1
        case bindPhysicalInterrupt = 2
        case close = 3
        case send = 4
        case status = 5
        case allocate = 6
        case bindInterprocessor = 7
        case bindProcessor = 8
        case unmask = 9
        case useQueues = 11
        case setPriority = 13
    }

    /// event_channel_op (event_channel.h).
    func eventChannelOperation(
        _ arguments: HypercallArguments, _ kernel: KernelMemory
    ) throws(HypercallError) -> Int64 {
        let place = arguments.second
        switch EventChannelCommand(rawValue: arguments.command) {
        case .bindVirtualInterrupt:
            let number = try kernel.read(UInt32.self, at: place)
            let processor = try self.processor(try kernel.read(UInt32.self, at: place &+ 4))
            guard number < EventChannels.virtualInterruptCount,
                processor == 0 || EventChannels.isOfProcessor(virtualInterrupt: number)
            else { throw .invalid }
            try kernel.write(try channels.bind(.virtualInterrupt(number), to: processor), at: place &+ 8)
        case .bindPhysicalInterrupt:
            let number = try kernel.read(UInt32.self, at: place)
            guard number < EventChannels.physicalInterruptCount else { throw .invalid }
            try kernel.write(try channels.bind(.physicalInterrupt(number), to: 0), at: place &+ 8)
        case .allocate: try kernel.write(try channels.bind(.other, to: 0), at: place &+ 4)
        case .bindInterprocessor:
            let processor = try self.processor(try kernel.read(UInt32.self, at: place))
            try kernel.write(try channels.bind(.interprocessor, to: processor), at: place &+ 4)
        case .close: try channels.close(try kernel.read(UInt32.self, at: place))
        case .send:
            let port = try boundPort(place, kernel)
            try Self.memory { () throws(GuestMemoryError) in try channels.raise(port: port, by: index) }
        case .unmask:
            let port = try boundPort(place, kernel)
            try Self.memory { () throws(GuestMemoryError) in try channels.unmask(port: port, by: index) }
        case .bindProcessor:
            let processor = try self.processor(try kernel.read(UInt32.self, at: place &+ 4))
            try channels.rebind(try kernel.read(UInt32.self, at: place), to: processor)
        case .status: throw .invalid
        // Queues of events (events_fifo): without them Linux uses bits, in which no event comes before another.
        case .useQueues, .setPriority: throw .notImplemented
        case nil: throw .unknown(command: arguments.command)
        }
        return 0
    }

    /// The number of a processor that there is.
    func processor(_ number: UInt32) throws(HypercallError) -> Int {
        guard number < domain.processors.count else { throw .noEntry }
        return Int(number)
    }

    private func boundPort(_ place: UInt64, _ kernel: KernelMemory) throws(HypercallError) -> Int {
        let port = try kernel.read(UInt32.self, at: place)
        guard channels.isBound(port) else { throw .invalid }
        return Int(port)
    }
}
