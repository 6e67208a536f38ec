import KVM
import LinuxSystem
import MachineMonitor
import Wire

/// A processor's state in a copy: KVM's structs, and the model-specific registers.
public struct ProcessorCopy: Equatable, Sendable {
    /// In the order in which they are written: the local APIC before the registers that set its timer, and last what waits to
    /// be delivered.
    static let before: [VCPUStatePart] = [
        .activity, .special, .general, .vectorControl, .vectors, .debug, .interruptController,
    ]

    var parts: [VCPUStatePart: [UInt8]]
    var registers: [Register]

    struct Register: Equatable, Sendable {
        var index: UInt32
        var value: UInt64
    }

    /// More than KVM has.
    private static let registerLimit = 1024
    // Intel SDM volume 4.
    private static let timeStampCounter: UInt32 = 0x10
    private static let deadline: UInt32 = 0x6e0

    /// Reads a processor that stands still.
    ///
    /// - Parameter registers: the numbers that KVM keeps; those that it does not show for this guest are left out.
    init(_ vcpu: borrowing VCPU, registers numbers: [UInt32]) throws(SystemError) {
        parts = [:]
        for part in VCPUStatePart.allCases { parts[part] = try vcpu.read(part) }
        registers = []
        for number in numbers {
            if let value = try? vcpu.readModelSpecific(number) {
                registers.append(Register(index: number, value: value))
            }
        }
    }

    /// Has a new processor, of which only the identification was set, go on from here.
    func write(to vcpu: borrowing VCPU) throws(SystemError) {
        for part in Self.before { if let bytes = parts[part] { try vcpu.write(part, bytes) } }
        // The counter first: the timer's deadline is told in its ticks.
        let last = registers.filter { $0.index == Self.deadline }
        let first = registers.filter { $0.index == Self.timeStampCounter }
        let rest = registers.filter { $0.index != Self.deadline && $0.index != Self.timeStampCounter }
        for register in first { try Self.write(register, to: vcpu) }
        var place = 0
        while place < rest.count {
            let block = rest[place..<min(place + VCPU.modelSpecificLimit, rest.count)]
            if (try? vcpu.writeModelSpecific(block.map { ($0.index, $0.value) })) == nil {
                for register in block { try Self.write(register, to: vcpu) }
            }
            place += block.count
        }
        for register in last { try Self.write(register, to: vcpu) }
        if let events = parts[.events] { try vcpu.write(.events, events) }
    }

    /// Some cannot be written, not even with what they are.
    private static func write(_ register: Register, to vcpu: borrowing VCPU) throws(SystemError) {
        do throws(SystemError) {
            try vcpu.writeModelSpecific([(register.index, register.value)])
        } catch {
            guard try vcpu.readModelSpecific(register.index) == register.value else { throw error }
        }
    }
}

extension ProcessorCopy {
    /// Puts the bytes.
    func encode(to wire: inout WireWriter) {
        for part in VCPUStatePart.allCases { wire.put(parts[part] ?? [UInt8](repeating: 0, count: part.size)) }
        wire.put(UInt32(registers.count))
        for register in registers {
            wire.put(register.index)
            wire.put(register.value)
        }
    }

    /// Takes the bytes.
    init(from wire: inout WireReader) throws(WireError) {
        parts = [:]
        for part in VCPUStatePart.allCases {
            let bytes = try wire.bytes(limit: part.size)
            guard bytes.count == part.size else { throw .invalid("size of a processor's state") }
            parts[part] = bytes
        }
        registers = []
        for _ in 0..<(try wire.count(limit: Self.registerLimit)) {
            registers.append(
                Register(index: try wire.integer(UInt32.self), value: try wire.integer(UInt64.self)))
        }
    }
}
