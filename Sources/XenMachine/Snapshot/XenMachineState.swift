import GuestMemory
import MachineMonitor
import Wire

/// What a copy of a machine needs beside memory and devices: registers, and what the kernel has told Xen. All of it comes from
/// a file and is checked, as if a guest had said it.
public struct XenMachineState: Equatable, Sendable {
    /// The monitor's code, for the copy in the guest is gone on with: `MonitorSetup.checksum`.
    var monitor: UInt64
    /// What the kernel was told of its processor: `ProcessorPolicy.fingerprint`.
    var processor: UInt64
    /// The guest's nanoseconds.
    var time: UInt64
    /// Event channels by port.
    var channels: [Int: EventChannels.Channel]
    var processors: [XenProcessorState]

    private static let version: UInt8 = 2

    /// The bytes.
    public var encoded: [UInt8] {
        var wire = WireWriter(capacity: 8 << 10)
        wire.put(Self.version)
        wire.put(monitor)
        wire.put(processor)
        wire.put(time)
        wire.put(UInt32(channels.count))
        for (port, channel) in channels.sorted(by: { $0.key < $1.key }) {
            let (kind, number) = channel.binding.encoded
            wire.put(UInt32(port))
            wire.put(kind)
            wire.put(number)
            wire.put(UInt32(channel.processor))
        }
        wire.put(UInt32(processors.count))
        for processor in processors { processor.encode(to: &wire) }
        return wire.bytes
    }
}

extension XenMachineState {
    /// Reads the bytes.
    public init(_ bytes: [UInt8]) throws(MachineError) {
        self = try MachineError.readingState(bytes) { (wire) throws(WireError) in try Self(from: &wire) }
    }

    private init(from wire: inout WireReader) throws(WireError) {
        guard try wire.integer(UInt8.self) == Self.version else { throw .invalid("version") }
        monitor = try wire.integer(UInt64.self)
        processor = try wire.integer(UInt64.self)
        time = try wire.integer(UInt64.self)
        channels = [:]
        for _ in 0..<(try wire.count(limit: EventChannels.count)) {
            let port = Int(try wire.integer(UInt32.self))
            let kind = try wire.integer(UInt8.self)
            let number = try wire.integer(UInt32.self)
            let processor = Int(try wire.integer(UInt32.self))
            guard let binding = EventChannels.Binding(kind, number), (1..<EventChannels.count).contains(port),
                channels.updateValue(.init(binding: binding, processor: processor), forKey: port) == nil
            else { throw .invalid("event channel") }
        }
        processors = []
        for _ in 0..<(try wire.count(limit: XenMachine.maximumProcessors)) {
            processors.append(try XenProcessorState(from: &wire))
        }
    }

    /// Checks what only the machine that is to go on can tell.
    func check(_ domain: XenDomain, _ policy: ProcessorPolicy) throws(MachineError) {
        guard monitor == MonitorSetup.checksum else {
            throw .snapshot("it was made by another version of hull-vmm: its monitor's code differs")
        }
        guard processor == policy.fingerprint else {
            throw .snapshot("it was made on another kind of processor")
        }
        let count = domain.processors.count
        guard processors.count == count, channels.values.allSatisfy({ $0.processor < count }) else {
            throw .snapshot("the machine's state is not that of \(count) processors")
        }
        for processor in processors { try processor.check(domain.memory) }
    }
}

extension EventChannels.Binding {
    fileprivate var encoded: (kind: UInt8, number: UInt32) {
        switch self {
        case .virtualInterrupt(let number): (0, number)
        case .physicalInterrupt(let number): (1, number)
        case .other: (2, 0)
        case .interprocessor: (3, 0)
        }
    }

    fileprivate init?(_ kind: UInt8, _ number: UInt32) {
        switch kind {
        case 0 where number < EventChannels.virtualInterruptCount: self = .virtualInterrupt(number)
        case 1 where number < EventChannels.physicalInterruptCount: self = .physicalInterrupt(number)
        case 2 where number == 0: self = .other
        case 3 where number == 0: self = .interprocessor
        default: return nil
        }
    }
}
