import CKVM
import CLinux
import Glibc
import LinuxSystem

extension VCPU {
    /// Which registers an exit brings along without a call (KVM_CAP_SYNC_REGS; linux/kvm.h, KVM_SYNC_X86_*).
    public struct Synchronized: OptionSet, Sendable {
        /// KVM's bits.
        public let rawValue: UInt64
        /// Makes a set of KVM's bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }
        /// General registers, RIP and RFLAGS.
        public static let general = Synchronized(rawValue: 1 << 0)
        /// Segments, control registers, EFER.
        public static let special = Synchronized(rawValue: 1 << 1)
    }

    /// Has every exit bring registers along. Needs KVM_CAP_SYNC_REGS.
    public func synchronize(_ registers: Synchronized) {
        // A field of the mapping.
        unsafe ckvm_set_valid_regs(run, registers.rawValue)
    }

    /// The general registers as the last exit brought them along; setting them makes them the guest's on the next entry.
    public var general: kvm_regs {
        // Within the mapping, and of no one else's between two entries.
        get { unsafe ckvm_sync_regs(run).pointee }
        nonmutating set {
            unsafe ckvm_sync_regs(run).pointee = newValue
            unsafe ckvm_add_dirty_regs(run, Synchronized.general.rawValue)
        }
    }

    /// The special registers, likewise.
    public var special: kvm_sregs {
        get { unsafe ckvm_sync_sregs(run).pointee }
        nonmutating set {
            unsafe ckvm_sync_sregs(run).pointee = newValue
            unsafe ckvm_add_dirty_regs(run, Synchronized.special.rawValue)
        }
    }

    /// Reads the general registers by a call.
    public func readGeneral() throws(SystemError) -> kvm_regs {
        var registers = kvm_regs()
        try control("KVM_GET_REGS") { unsafe linux_ioctl($0, UInt(CKVM_GET_REGS), &registers) }
        return registers
    }

    /// Sets the general registers by a call.
    public func writeGeneral(_ registers: kvm_regs) throws(SystemError) {
        var registers = registers
        try control("KVM_SET_REGS") { unsafe linux_ioctl($0, UInt(CKVM_SET_REGS), &registers) }
    }

    /// Reads the special registers by a call.
    public func readSpecial() throws(SystemError) -> kvm_sregs {
        var registers = kvm_sregs()
        try control("KVM_GET_SREGS") { unsafe linux_ioctl($0, UInt(CKVM_GET_SREGS), &registers) }
        return registers
    }

    /// Sets the special registers by a call.
    public func writeSpecial(_ registers: kvm_sregs) throws(SystemError) {
        var registers = registers
        try control("KVM_SET_SREGS") { unsafe linux_ioctl($0, UInt(CKVM_SET_SREGS), &registers) }
    }

    /// The most model-specific registers of one call.
    public static var modelSpecificLimit: Int { Int(CKVM_MSR_COUNT) }

    /// Sets model-specific registers, at most `modelSpecificLimit`.
    public func writeModelSpecific(_ registers: [(index: UInt32, value: UInt64)]) throws(SystemError) {
        var block = ckvm_msrs()
        block.count = UInt32(registers.count)
        // The struct has room for so many entries.
        unsafe withUnsafeMutableBytes(of: &block.entries) { bytes in
            let entries = unsafe bytes.bindMemory(to: kvm_msr_entry.self)
            precondition(registers.count <= entries.count)
            for (place, register) in registers.enumerated() {
                unsafe entries[place] = kvm_msr_entry(index: register.index, reserved: 0, data: register.value)
            }
        }
        let count = try control("KVM_SET_MSRS") { unsafe linux_ioctl($0, UInt(CKVM_SET_MSRS), &block) }
        if Int(count) < registers.count {
            let refused = String(registers[Int(count)].index, radix: 16)
            throw SystemError("KVM_SET_MSRS", "vCPU \(index), MSR 0x\(refused)", number: EINVAL)
        }
    }

    /// Reads one model-specific register.
    public func readModelSpecific(_ register: UInt32) throws(SystemError) -> UInt64 {
        var block = ckvm_msrs()
        block.count = 1
        block.entries.0.index = register
        let count = try control("KVM_GET_MSRS") { unsafe linux_ioctl($0, UInt(CKVM_GET_MSRS), &block) }
        if count < 1 {
            throw SystemError(
                "KVM_GET_MSRS", "vCPU \(index), MSR 0x\(String(register, radix: 16))", number: EINVAL)
        }
        return block.entries.0.data
    }

    /// Sets XCR0, the vector state that XSAVE and its users see.
    public func writeExtendedControl(_ value: UInt64) throws(SystemError) {
        var registers = kvm_xcrs()
        registers.nr_xcrs = 1
        registers.xcrs.0.value = value
        try control("KVM_SET_XCRS") { unsafe linux_ioctl($0, UInt(CKVM_SET_XCRS), &registers) }
    }

    /// Events that wait to be delivered or that were being delivered.
    public func readEvents() throws(SystemError) -> kvm_vcpu_events {
        var events = kvm_vcpu_events()
        try control("KVM_GET_VCPU_EVENTS") { unsafe linux_ioctl($0, UInt(CKVM_GET_VCPU_EVENTS), &events) }
        return events
    }

    /// The frequency of the guest's time-stamp counter in kHz.
    public func timeStampFrequency() throws(SystemError) -> UInt64 {
        UInt64(try control("KVM_GET_TSC_KHZ") { linux_ioctl_int($0, UInt(CKVM_GET_TSC_KHZ), 0) })
    }

    /// What the guest is shown of CPUID, at most 256 entries.
    public func writeCPUID(_ entries: [kvm_cpuid_entry2]) throws(SystemError) {
        var table = ckvm_cpuid(entries)
        try control("KVM_SET_CPUID2") { unsafe linux_ioctl($0, UInt(CKVM_SET_CPUID2), &table) }
    }

    /// The processor's counters.
    public func statistics() throws(SystemError) -> KVMStatistics {
        try KVMStatistics(of: descriptor.number, "vCPU \(index)")
    }

    @discardableResult
    func control(_ name: String, _ body: (CInt) -> CInt) throws(SystemError) -> CInt {
        try systemCall(name, "vCPU \(index)") { body(descriptor.number) }
    }
}
