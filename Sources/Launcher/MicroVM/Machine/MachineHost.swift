import Glibc
import LinuxSystem

/// What a host must have for micro-VMs.
enum MachineHost {
    private static let device = "/dev/kvm"

    /// Opens the host's KVM.
    ///
    /// - Throws: what is missing and how to mend it.
    static func openKVM() throws -> OwnedDescriptor {
        do throws(SystemError) {
            return try OwnedDescriptor.open(device, O_RDWR)
        } catch {
            switch error.number {
            case ENOENT, ENODEV, ENXIO:
                throw LaunchError(
                    "\(device) is missing, and a micro-VM needs it: switch virtualization on in the firmware and load "
                        + "the kernel's module kvm_intel or kvm_amd")
            case EACCES, EPERM:
                throw LaunchError(
                    "\(device) may not be opened by this user: add the user to the device's group, usually kvm, "
                        + "and log in anew")
            default: throw error
            }
        }
    }
}
