import CKVM
import CLinux
import Glibc
import LinuxSystem

/// A virtual machine of KVM's. The kernel ends it when this descriptor, its processors' and their mappings are gone.
public struct KVMMachine: ~Copyable, Sendable {
    let descriptor: OwnedDescriptor
    /// Bytes of the mapping that each processor shares with the kernel.
    let runSize: Int

    /// Shows the guest memory of this process (KVM_SET_USER_MEMORY_REGION).
    ///
    /// - Parameters:
    ///   - slot: the number by which KVM knows the range.
    ///   - guestAddress: where the guest sees it; page-aligned.
    ///   - size: bytes, whole pages.
    ///   - hostAddress: where it is mapped here. It must stay mapped while the machine lives.
    public func setMemory(
        slot: UInt32, guestAddress: UInt64, size: UInt64, hostAddress: UInt64
    ) throws(SystemError) {
        var region = kvm_userspace_memory_region()
        region.slot = slot
        region.guest_phys_addr = guestAddress
        region.memory_size = size
        region.userspace_addr = hostAddress
        try control("KVM_SET_USER_MEMORY_REGION", "slot \(slot)") {
            unsafe linux_ioctl($0, UInt(CKVM_SET_USER_MEMORY_REGION), &region)
        }
    }

    /// Where Intel's processors keep three pages of KVM's own; must not overlap memory.
    public func setTaskStateSegmentAddress(_ address: UInt32) throws(SystemError) {
        try control("KVM_SET_TSS_ADDR", "0x\(String(address, radix: 16))") {
            linux_ioctl_int($0, UInt(CKVM_SET_TSS_ADDR), CInt(bitPattern: address))
        }
    }

    /// Makes a processor.
    public func makeVCPU(_ index: UInt32) throws(SystemError) -> VCPU {
        let number = try control("KVM_CREATE_VCPU", "vCPU \(index)") {
            linux_ioctl_int($0, UInt(CKVM_CREATE_VCPU), CInt(index))
        }
        return try VCPU(index: index, descriptor: OwnedDescriptor(owning: number), runSize: runSize)
    }

    /// Has the kernel do the interrupt controllers (two 8259, an I/O APIC, a local APIC a processor). Before any processor.
    public func makeInterruptControllers() throws(SystemError) {
        try control("KVM_CREATE_IRQCHIP", "machine") { linux_ioctl_int($0, UInt(CKVM_CREATE_IRQCHIP), 0) }
    }

    /// Has the kernel do the interval timer (8254). After the interrupt controllers.
    public func makeIntervalTimer() throws(SystemError) {
        var configuration = kvm_pit_config()
        configuration.flags = UInt32(KVM_PIT_SPEAKER_DUMMY)
        try control("KVM_CREATE_PIT2", "machine") { unsafe linux_ioctl($0, UInt(CKVM_CREATE_PIT2), &configuration) }
    }

    /// Has the kernel raise an interrupt when an eventfd is written.
    public func connectInterrupt(_ event: CInt, to line: UInt32) throws(SystemError) {
        var request = kvm_irqfd()
        request.fd = UInt32(bitPattern: event)
        request.gsi = line
        try control("KVM_IRQFD", "interrupt \(line)") { unsafe linux_ioctl($0, UInt(CKVM_IRQFD), &request) }
    }

    /// Has the kernel write an eventfd when the guest stores a value at an address; the store then ends no KVM_RUN.
    ///
    /// - Parameters:
    ///   - address: of guest memory without memory behind it.
    ///   - length: of the store: 1, 2, 4 or 8 bytes.
    ///   - value: only this value counts; nil: every one.
    public func connectStore(
        at address: UInt64, length: UInt32, value: UInt64?, to event: CInt
    ) throws(SystemError) {
        var request = kvm_ioeventfd()
        request.addr = address
        request.len = length
        request.fd = event
        if let value {
            request.datamatch = value
            request.flags = 1 << UInt32(kvm_ioeventfd_flag_nr_datamatch)
        }
        try control("KVM_IOEVENTFD", "0x\(String(address, radix: 16))") {
            unsafe linux_ioctl($0, UInt(CKVM_IOEVENTFD), &request)
        }
    }

    /// The machine's counters.
    public func statistics() throws(SystemError) -> KVMStatistics {
        try KVMStatistics(of: descriptor.number, "machine")
    }

    @discardableResult
    func control(
        _ name: String, _ object: @autoclosure () -> String, _ body: (CInt) -> CInt
    ) throws(SystemError) -> CInt {
        try systemCall(name, object()) { body(descriptor.number) }
    }
}
