import KVM
import MachineMonitor

/// How often the guest was left and for what: for tuning and for messages.
public struct MachineCounters: Sendable {
    /// Exits by kind.
    public private(set) var exits: [String: Int] = [:]
    /// Hypercalls that left the guest, by number.
    public private(set) var hypercalls: [UInt64: Int] = [:]
    /// Hypercalls that the monitor did or passed on, by number; the guest's own word.
    public internal(set) var monitored: [Int: UInt64] = [:]
    /// Hypercalls that were answered with "not implemented", by number.
    public private(set) var refused: [UInt64: Int] = [:]
    /// Exceptions that left the guest, by vector.
    public private(set) var exceptions: [Int: Int] = [:]
    /// Instructions done for the kernel, by name.
    public private(set) var instructions: [String: Int] = [:]
    /// KVM's own counters of the processor.
    public internal(set) var kernel: [String: UInt64] = [:]
    /// Events given to the kernel.
    public internal(set) var events = 0

    mutating func count(_ exit: VCPUExit) { exits[exit.kind, default: 0] += 1 }
    mutating func count(hypercall: UInt64) { if hypercall < 64 { hypercalls[hypercall, default: 0] += 1 } }
    mutating func count(refused: UInt64) { self.refused[refused, default: 0] += 1 }
    mutating func count(exception: Int) { exceptions[exception, default: 0] += 1 }
    mutating func count(instruction: String) { instructions[instruction, default: 0] += 1 }

    /// Adds those of another processor.
    mutating func add(_ other: MachineCounters) {
        exits.merge(other.exits, uniquingKeysWith: +)
        hypercalls.merge(other.hypercalls, uniquingKeysWith: +)
        refused.merge(other.refused, uniquingKeysWith: +)
        monitored.merge(other.monitored, uniquingKeysWith: &+)
        exceptions.merge(other.exceptions, uniquingKeysWith: +)
        instructions.merge(other.instructions, uniquingKeysWith: +)
        kernel.merge(other.kernel, uniquingKeysWith: &+)
        events += other.events
    }
}

extension MachineCounters: CustomStringConvertible {
    /// A line a kind.
    public var description: String {
        func named<Key: BinaryInteger, Count>(_ counters: [Key: Count]) -> [String: Count] {
            counters.reduce(into: [:]) { $0[String($1.key)] = $1.value }
        }
        return [
            CounterList.line("exits", exits), CounterList.line("exceptions", named(exceptions)),
            CounterList.line("instructions", instructions),
            CounterList.line("hypercalls that left", named(hypercalls)),
            CounterList.line("hypercalls refused", named(refused)),
            CounterList.line("hypercalls", named(monitored)), CounterList.line("events", ["given": events]),
            CounterList.line("kvm", kernel),
        ].joined(separator: "\n")
    }
}
