import CLinux
import Glibc
import LinuxSystem

/// What a host must have for micro-VMs.
enum MachineHost {
    private static let device = "/dev/kvm"

    // linux/kvm.h: KVM_GET_API_VERSION, and the only version there has been since 2007
    // (Documentation/virt/kvm/api.rst).
    private static let getVersion: UInt = 0xae00
    private static let version: CInt = 12

    /// Opens the host's KVM, and sees that it is one.
    ///
    /// - Throws: what is missing and how to mend it.
    static func openKVM() throws -> OwnedDescriptor {
        let kvm = try openDevice()
        try check(version: linux_ioctl_int(kvm.number, getVersion, 0))
        return kvm
    }

    private static func openDevice() throws -> OwnedDescriptor {
        do throws(SystemError) {
            // Whatever else may be there does not become our terminal, or wait for who else opens it.
            return try OwnedDescriptor.open(device, O_RDWR | O_NOCTTY | O_NONBLOCK)
        } catch {
            switch error.number {
            case ENOENT, ENOTDIR, ENODEV, ENXIO:
                throw LaunchError(
                    "\(device) is missing, and a micro-VM needs it: switch virtualization on in the firmware and load "
                        + "the kernel's module kvm_intel or kvm_amd")
            case EACCES, EPERM:
                throw LaunchError(
                    "\(device) may not be opened by this user: add the user to the device's group, usually kvm, "
                        + "and log in anew")
            case EISDIR: throw isNotKVM
            default: throw error
            }
        }
    }

    /// Sees that an answer to KVM_GET_API_VERSION is that of a KVM which we know; negative: there was none.
    static func check(version answer: CInt) throws(LaunchError) {
        if answer < 0 { throw isNotKVM }
        if answer != version {
            throw LaunchError(
                "\(device) has version \(answer) of KVM's interface, and a micro-VM needs \(version): use a current kernel"
            )
        }
    }

    private static var isNotKVM: LaunchError {
        LaunchError(
            "\(device) is no KVM but something else: remove it, and load the kernel's module kvm_intel or kvm_amd, "
                + "which makes the device")
    }
}
