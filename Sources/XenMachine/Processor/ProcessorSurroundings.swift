import CKVM
import MachineMonitor

/// What each processor of a guest is made with, beside what they share.
struct ProcessorSurroundings: Sendable {
    let bus: DeviceBus
    let console: ConsoleLog
    let clock: GuestClock
    let policy: ProcessorPolicy
    /// What KVM can show a guest of CPUID.
    let identification: [kvm_cpuid_entry2]
}
