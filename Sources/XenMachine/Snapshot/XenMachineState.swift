import CKVM
import GuestMemory
import KVM
import MachineMonitor
import Wire

/// What a copy of a machine needs beside memory and devices: registers, and what the kernel has told Xen. All of it comes from
/// a file and is checked, as if a guest had said it.
public struct XenMachineState: Equatable, Sendable {
    /// The monitor's code, for the copy in the guest is gone on with: `MonitorSetup.checksum`.
    var monitor: UInt64
    /// What the kernel was told of its processor: `ProcessorPolicy.fingerprint`.
    var processor: UInt64
    /// The structs of KVM's.
    var general: [UInt8]
    var special: [UInt8]
    var vectors: [UInt8]
    /// The guest's nanoseconds.
    var time: UInt64
    var deadline: UInt64?
    var timePlace: UInt64?
    var processorInformation: UInt64
    var bindings: [Int: EventChannels.Binding]
    var traps: [Int: TrapTable.Entry]
    var eventEntry: UInt64

    private static let version: UInt8 = 1

    /// The bytes.
    public var encoded: [UInt8] {
        var wire = WireWriter(capacity: 8 << 10)
        wire.put(Self.version)
        wire.put(monitor)
        wire.put(processor)
        wire.put(general)
        wire.put(special)
        wire.put(vectors)
        wire.put(time)
        wire.put(deadline ?? 0)
        wire.put(timePlace != nil)
        wire.put(timePlace ?? 0)
        wire.put(processorInformation)
        wire.put(eventEntry)
        wire.put(UInt32(bindings.count))
        for (port, binding) in bindings.sorted(by: { $0.key < $1.key }) {
            let (kind, number) = binding.encoded
            wire.put(UInt32(port))
            wire.put(kind)
            wire.put(number)
        }
        wire.put(UInt32(traps.count))
        for (vector, trap) in traps.sorted(by: { $0.key < $1.key }) {
            wire.put(UInt8(vector))
            wire.put(trap.address)
            wire.put(trap.masksEvents)
        }
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
        func part(_ part: VCPUStatePart) throws(WireError) -> [UInt8] {
            let bytes = try wire.bytes(limit: part.size)
            guard bytes.count == part.size else { throw .invalid("size of a processor's registers") }
            return bytes
        }
        monitor = try wire.integer(UInt64.self)
        processor = try wire.integer(UInt64.self)
        general = try part(.general)
        special = try part(.special)
        vectors = try part(.vectors)
        time = try wire.integer(UInt64.self)
        let deadline = try wire.integer(UInt64.self)
        self.deadline = deadline == 0 ? nil : deadline
        let hasTimePlace = try wire.bool()
        let place = try wire.integer(UInt64.self)
        timePlace = hasTimePlace ? place : nil
        processorInformation = try wire.integer(UInt64.self)
        eventEntry = try wire.integer(UInt64.self)
        bindings = [:]
        for _ in 0..<(try wire.count(limit: EventChannels.count)) {
            let port = Int(try wire.integer(UInt32.self))
            let kind = try wire.integer(UInt8.self)
            let number = try wire.integer(UInt32.self)
            guard let binding = EventChannels.Binding(kind, number), (1..<EventChannels.count).contains(port),
                bindings.updateValue(binding, forKey: port) == nil
            else { throw .invalid("event channel") }
        }
        traps = [:]
        for _ in 0..<(try wire.count(limit: 256)) {
            let vector = Int(try wire.integer(UInt8.self))
            traps[vector] = TrapTable.Entry(
                address: try wire.integer(UInt64.self), masksEvents: try wire.bool())
        }
    }

    /// Checks what only the machine that is to go on can tell.
    func check(_ memory: GuestMemory, _ policy: ProcessorPolicy) throws(MachineError) {
        guard monitor == MonitorSetup.checksum else {
            throw .snapshot("it was made by another version of hull-vmm: its monitor's code differs")
        }
        guard processor == policy.fingerprint else {
            throw .snapshot("it was made on another kind of processor")
        }
        func isIn(_ place: UInt64, _ size: UInt64) -> Bool {
            place & 7 == 0 && memory.contains(GuestAddress(place), length: size)
        }
        guard isIn(processorInformation, EventChannels.processorInformationSize),
            timePlace.map({ isIn($0, GuestClock.timeInformationSize) }) ?? true
        else { throw .snapshot("the machine's state names places outside of memory") }
    }
}

extension EventChannels.Binding {
    fileprivate var encoded: (kind: UInt8, number: UInt32) {
        switch self {
        case .virtualInterrupt(let number): (0, number)
        case .physicalInterrupt(let number): (1, number)
        case .other: (2, 0)
        }
    }

    fileprivate init?(_ kind: UInt8, _ number: UInt32) {
        switch kind {
        case 0 where number < EventChannels.virtualInterruptCount: self = .virtualInterrupt(number)
        case 1 where number < EventChannels.physicalInterruptCount: self = .physicalInterrupt(number)
        case 2 where number == 0: self = .other
        default: return nil
        }
    }
}
