import CKVM
import CLinux
import Glibc
import LinuxSystem

/// An open `/dev/kvm`: what is asked of KVM as a whole.
public struct KVMSystem: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// Where the device is.
    public static let path = "/dev/kvm"
    /// The only version there has been since 2007 (Documentation/virt/kvm/api.rst).
    private static let apiVersion: CInt = 12

    /// Opens the device and checks its version.
    ///
    /// - Throws: `ENOENT` where there is no KVM, `EACCES` where it is not permitted, `EPROTONOSUPPORT` for a version that is
    ///   not known.
    public static func open() throws(SystemError) -> KVMSystem {
        try KVMSystem(owning: OwnedDescriptor.open(path, O_RDWR))
    }

    /// Takes over a descriptor of the device that someone else opened.
    public init(owning descriptor: consuming OwnedDescriptor) throws(SystemError) {
        self.descriptor = descriptor
        let version = try control("KVM_GET_API_VERSION", CKVM_GET_API_VERSION)
        if version != Self.apiVersion {
            throw SystemError("KVM_GET_API_VERSION", Self.path, number: EPROTONOSUPPORT)
        }
    }

    /// The value of a capability (KVM_CHECK_EXTENSION): 0 where it is missing.
    public func capability(_ capability: KVMCapability) throws(SystemError) -> CInt {
        try control("KVM_CHECK_EXTENSION", CKVM_CHECK_EXTENSION, CInt(capability.rawValue))
    }

    /// Makes a virtual machine without memory, processors or devices.
    public func makeMachine() throws(SystemError) -> KVMMachine {
        let number = try control("KVM_CREATE_VM", CKVM_CREATE_VM)
        return KVMMachine(
            descriptor: OwnedDescriptor(owning: number),
            runSize: Int(try control("KVM_GET_VCPU_MMAP_SIZE", CKVM_GET_VCPU_MMAP_SIZE)))
    }

    /// What KVM can show a guest of CPUID.
    public func supportedCPUID() throws(SystemError) -> [kvm_cpuid_entry2] {
        var table = ckvm_cpuid()
        table.count = UInt32(CKVM_CPUID_COUNT)
        // The struct has room for as many entries as its count says.
        try systemCall("KVM_GET_SUPPORTED_CPUID", Self.path) {
            unsafe linux_ioctl(descriptor.number, UInt(CKVM_GET_SUPPORTED_CPUID), &table)
        }
        return table.array
    }

    /// The model-specific registers that KVM keeps for a guest, by number (KVM_GET_MSR_INDEX_LIST).
    public func modelSpecificRegisters() throws(SystemError) -> [UInt32] {
        var list = [UInt32](repeating: 0, count: 1 + Int(CKVM_MSR_INDEX_COUNT))
        // The count, and room for as many numbers as it says: struct ckvm_msr_indices.
        list[0] = UInt32(CKVM_MSR_INDEX_COUNT)
        try systemCall("KVM_GET_MSR_INDEX_LIST", Self.path) {
            unsafe linux_ioctl(descriptor.number, UInt(CKVM_GET_MSR_INDEX_LIST), &list)
        }
        return Array(list[1...].prefix(Int(list[0])))
    }

    private func control(_ name: String, _ request: UInt64, _ argument: CInt = 0) throws(SystemError) -> CInt {
        try systemCall(name, Self.path) { linux_ioctl_int(descriptor.number, UInt(request), argument) }
    }
}

/// A capability that Hull asks for (linux/kvm.h, KVM_CAP_*).
public enum KVMCapability: Int32, Sendable {
    case irqChip = 0
    case userMemory = 3
    case setTaskStateSegmentAddress = 4
    case tscFrequency = 61
    case irqFileDescriptor = 32
    case ioEventFileDescriptor = 36
    case xSave = 55
    case deadlineTimer = 72
    case synchronizedRegisters = 74
    case immediateExit = 136
    case maximumVCPUs = 66
    case statistics = 203
}
