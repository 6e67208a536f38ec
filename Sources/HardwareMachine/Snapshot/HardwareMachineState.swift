import KVM
import MachineMonitor
import Wire

/// What a copy of a machine needs beside memory and devices. It comes from a file, and is checked as far as KVM does not.
public struct HardwareMachineState: Equatable, Sendable {
    /// A sum of the CPUID table that the guest was shown.
    var identification: UInt64
    var processors: [ProcessorCopy]
    var controllers: [MachineStatePart: [UInt8]]
    var serial: SerialPort.State
    var enabledEvents: UInt16

    private static let version: UInt8 = 1

    /// The bytes.
    public var encoded: [UInt8] {
        var wire = WireWriter(capacity: 16 << 10)
        wire.put(Self.version)
        wire.put(identification)
        wire.put(UInt32(processors.count))
        for processor in processors { processor.encode(to: &wire) }
        for part in MachineStatePart.allCases {
            wire.put(controllers[part] ?? [UInt8](repeating: 0, count: part.size))
        }
        serial.encode(to: &wire)
        wire.put(enabledEvents)
        return wire.bytes
    }
}

extension HardwareMachineState {
    /// Reads the bytes.
    public init(_ bytes: [UInt8]) throws(MachineError) {
        self = try MachineError.readingState(bytes) { (wire) throws(WireError) in try Self(from: &wire) }
    }

    private init(from wire: inout WireReader) throws(WireError) {
        guard try wire.integer(UInt8.self) == Self.version else { throw .invalid("version") }
        identification = try wire.integer(UInt64.self)
        processors = []
        for _ in 0..<(try wire.count(limit: HardwareMachine.maximumProcessors)) {
            processors.append(try ProcessorCopy(from: &wire))
        }
        controllers = [:]
        for part in MachineStatePart.allCases {
            let bytes = try wire.bytes(limit: part.size)
            guard bytes.count == part.size else { throw .invalid("size of an interrupt controller's state") }
            controllers[part] = bytes
        }
        serial = try SerialPort.State(from: &wire)
        enabledEvents = try wire.integer(UInt16.self)
    }
}
