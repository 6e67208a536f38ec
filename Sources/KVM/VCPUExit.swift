/// Why a processor came back from the guest (linux/kvm.h, KVM_EXIT_*). Every number in it is the guest's to choose.
public enum VCPUExit: Equatable, Sendable {
    /// A load from an address without memory: to be answered with `answerLoad`.
    case load(address: UInt64, length: UInt32)
    /// A store to an address without memory.
    case store(address: UInt64, length: UInt32, value: UInt64)
    /// An IN: to be answered with `answerIn`.
    case `in`(port: UInt16, length: UInt8)
    /// An OUT; of a string instruction the first element.
    case out(port: UInt16, length: UInt8, value: UInt32)
    /// HLT, where the kernel does no interrupt controller.
    case halt
    /// A triple fault.
    case shutdown
    /// A reset or power-off that the kernel found (KVM_SYSTEM_EVENT_*).
    case systemEvent(UInt32)
    /// A signal, or a requested immediate exit.
    case interrupted
    /// The hardware refused the processor's state.
    case entryFailed(UInt64)
    /// KVM gave up; for an instruction that its interpreter lacks (`unknownInstruction`) the bytes.
    case internalError(kind: UInt32, instruction: [UInt8])
    /// A reason that is not known here.
    case unknown(UInt32)

    /// The kind of an internal error that tells of an instruction (KVM_INTERNAL_ERROR_EMULATION).
    public static let unknownInstruction: UInt32 = 1

    /// A short name, for counting.
    public var kind: String {
        switch self {
        case .load: "load"
        case .store: "store"
        case .in: "in"
        case .out: "out"
        case .halt: "halt"
        case .shutdown: "shutdown"
        case .systemEvent: "system-event"
        case .interrupted: "interrupted"
        case .entryFailed: "entry-failed"
        case .internalError: "internal-error"
        case .unknown: "unknown"
        }
    }
}
