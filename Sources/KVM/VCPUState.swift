import CKVM
import CLinux
import LinuxSystem

/// A part of a processor's state that KVM gives and takes as one struct of linux/kvm.h. For copies of a machine: the bytes
/// are kept as they are.
public enum VCPUStatePart: UInt8, CaseIterable, Sendable {
    /// struct kvm_mp_state: whether it runs, sleeps, or waits to be started.
    case activity = 1
    /// struct kvm_regs.
    case general = 2
    /// struct kvm_sregs: segments, control registers, EFER.
    case special = 3
    /// struct kvm_xsave: x87, SSE, AVX and what else XCR0 names, 4096 bytes.
    case vectors = 4
    /// struct kvm_xcrs.
    case vectorControl = 5
    /// struct kvm_debugregs.
    case debug = 6
    /// struct kvm_lapic_state; only where KVM does the interrupt controllers.
    case interruptController = 7
    /// struct kvm_vcpu_events: what waits to be delivered.
    case events = 8

    /// Bytes.
    public var size: Int {
        switch self {
        case .activity: MemoryLayout<kvm_mp_state>.size
        case .general: MemoryLayout<kvm_regs>.size
        case .special: MemoryLayout<kvm_sregs>.size
        case .vectors: 4096
        case .vectorControl: MemoryLayout<kvm_xcrs>.size
        case .debug: MemoryLayout<kvm_debugregs>.size
        case .interruptController: MemoryLayout<kvm_lapic_state>.size
        case .events: MemoryLayout<kvm_vcpu_events>.size
        }
    }

    private var requests: (name: String, get: UInt64, set: UInt64) {
        switch self {
        case .activity: ("MP_STATE", CKVM_GET_MP_STATE, CKVM_SET_MP_STATE)
        case .general: ("REGS", CKVM_GET_REGS, CKVM_SET_REGS)
        case .special: ("SREGS", CKVM_GET_SREGS, CKVM_SET_SREGS)
        case .vectors: ("XSAVE", CKVM_GET_XSAVE, CKVM_SET_XSAVE)
        case .vectorControl: ("XCRS", CKVM_GET_XCRS, CKVM_SET_XCRS)
        case .debug: ("DEBUGREGS", CKVM_GET_DEBUGREGS, CKVM_SET_DEBUGREGS)
        case .interruptController: ("LAPIC", CKVM_GET_LAPIC, CKVM_SET_LAPIC)
        case .events: ("VCPU_EVENTS", CKVM_GET_VCPU_EVENTS, CKVM_SET_VCPU_EVENTS)
        }
    }

    fileprivate var get: (name: String, request: UInt) { ("KVM_GET_\(requests.name)", UInt(requests.get)) }
    fileprivate var set: (name: String, request: UInt) { ("KVM_SET_\(requests.name)", UInt(requests.set)) }
}

extension VCPU {
    /// Reads a part of the state.
    public func read(_ part: VCPUStatePart) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: part.size)
        let (name, request) = part.get
        // The array is as long as the struct that the kernel fills.
        try control(name) { unsafe linux_ioctl($0, request, &bytes) }
        return bytes
    }

    /// Writes a part of the state; `part.size` bytes.
    public func write(_ part: VCPUStatePart, _ bytes: [UInt8]) throws(SystemError) {
        precondition(bytes.count == part.size)
        var bytes = bytes
        let (name, request) = part.set
        try control(name) { unsafe linux_ioctl($0, request, &bytes) }
    }
}
