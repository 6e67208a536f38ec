import MachineMonitor
import Synchronization

/// The interrupts of devices that wait for the processor: set by any thread, taken by the processor's.
final class InterruptLines: Sendable {
    private let raised = Atomic<UInt32>(0)
    private let kick: ProcessorKick

    init(_ kick: ProcessorKick) { self.kick = kick }

    /// Raises an interrupt (0…15) and brings the processor back.
    func raise(_ line: UInt32) {
        let old = raised.bitwiseOr(1 << line, ordering: .sequentiallyConsistent).oldValue
        // One that waits already has kicked already.
        if old & 1 << line == 0 { kick.send() }
    }

    /// Takes all that wait, as bits.
    func take() -> UInt32 {
        if raised.load(ordering: .sequentiallyConsistent) == 0 { return 0 }
        return raised.exchange(0, ordering: .sequentiallyConsistent)
    }

    /// Whether one waits.
    var isRaised: Bool { raised.load(ordering: .sequentiallyConsistent) != 0 }
}
