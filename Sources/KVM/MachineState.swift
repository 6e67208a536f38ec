import CKVM
import CLinux
import LinuxSystem

/// A part of a machine's state that KVM gives and takes as one struct of linux/kvm.h, kept as its bytes.
public enum MachineStatePart: UInt8, CaseIterable, Sendable {
    /// struct kvm_irqchip of the first 8259.
    case firstController = 0
    /// Of the second 8259.
    case secondController = 1
    /// Of the I/O APIC.
    case ioAPIC = 2
    /// struct kvm_clock_data: the guest's nanoseconds.
    case clock = 3

    /// Bytes.
    public var size: Int {
        self == .clock ? MemoryLayout<kvm_clock_data>.size : MemoryLayout<kvm_irqchip>.size
    }
}

extension KVMMachine {
    /// Reads a part of the state.
    public func read(_ part: MachineStatePart) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: part.size)
        // Of the two structs one begins with the controller's number, which is asked for.
        if part != .clock { bytes[0] = part.rawValue }
        let (name, request) = part == .clock ? ("KVM_GET_CLOCK", CKVM_GET_CLOCK) : ("KVM_GET_IRQCHIP", CKVM_GET_IRQCHIP)
        // The array is as long as the struct that the kernel fills.
        try control(name, "\(part)") { unsafe linux_ioctl($0, UInt(request), &bytes) }
        return bytes
    }

    /// Writes a part of the state; `part.size` bytes.
    public func write(_ part: MachineStatePart, _ bytes: [UInt8]) throws(SystemError) {
        precondition(bytes.count == part.size)
        var bytes = bytes
        if part == .clock {
            // Only the time: not the flags that tell how it was read, and no time of the host's to go on from.
            for place in 8..<bytes.count { bytes[place] = 0 }
        } else {
            for place in 0..<8 { bytes[place] = place == 0 ? part.rawValue : 0 }
        }
        let (name, request) = part == .clock ? ("KVM_SET_CLOCK", CKVM_SET_CLOCK) : ("KVM_SET_IRQCHIP", CKVM_SET_IRQCHIP)
        try control(name, "\(part)") { unsafe linux_ioctl($0, UInt(request), &bytes) }
    }
}
