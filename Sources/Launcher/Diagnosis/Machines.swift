import Glibc
import LinuxSystem

/// What micro-VMs need. A host without it is limited: containers run.
extension Diagnosis {
    func machines() -> [Finding] { [kvm(), guestKernel(), diskMaker(), monitorUsers()] }

    private func kvm() -> Finding {
        let path = "/dev/kvm"
        let file: OwnedDescriptor
        do throws(SystemError) {
            file = try OwnedDescriptor.open(path, O_RDWR)
        } catch {
            return Self.unusable(path, error)
        }
        guard let program = HelperProgram(name: "hull-vmm", path: configuration.paths["hull-vmm"]).find() else {
            return Finding(path, .limited, "can be opened; which kind it is hull-vmm would tell, and is not found")
        }
        do throws(SystemError) {
            let number = Self.probeDescriptor
            let output = try ChildProgram.output(
                of: program, ["--probe", "--kvm", "\(number)"], stream: 1, silent: true,
                descriptors: [(number, file.number)])
            return Self.kind(path, output)
        } catch {
            return Finding(path, .limited, "cannot be probed: \(error)")
        }
    }

    /// The descriptor that /dev/kvm is in the probe.
    private static let probeDescriptor: CInt = 3

    static func unusable(_ path: String, _ error: SystemError) -> Finding {
        switch error.number {
        case ENOENT:
            return Finding(
                path, .limited, "is not there: no micro-VMs",
                mend: "modprobe kvm_intel or kvm_amd; in a virtual machine, have its host allow nested ones")
        case EACCES, EPERM:
            return Finding(
                path, .limited, "is not ours to open: no micro-VMs",
                mend: "add the user to the group of \(path): usermod -aG kvm USER, and log in again")
        default: return Finding(path, .limited, "cannot be opened: \(error.reason): no micro-VMs")
        }
    }

    static func kind(_ path: String, _ output: ChildProgram.Output) -> Finding {
        switch (output.status, output.lastLine) {
        case (0, "hardware"): Finding(path, .works, "a hardware KVM: a guest's kernel runs on the processor")
        case (0, "software"):
            Finding(
                path, .works, "a software KVM, which interprets ring 0: a guest's kernel runs in ring 3, as under Xen")
        default:
            Finding(
                path, .limited, "hull-vmm cannot use it (status \(output.status)): no micro-VMs",
                mend: "hull-vmm --probe tells why")
        }
    }

    private func guestKernel() -> Finding {
        do {
            let path = try KernelFiles(root: store, configuration, environment).find(chosen: nil)
            return Finding("guest kernel", .works, path)
        } catch {
            return Finding("guest kernel", .limited, error.description, mend: "hull kernel build")
        }
    }

    private func monitorUsers() -> Finding {
        let subject = "users of machines"
        let users = configuration.machineUsers
        if host.isRootless { return Finding(subject, .works, "our own, a user namespace for each monitor") }
        guard let reason = users.unavailable else {
            return Finding(subject, .works, "\(users.count) from \(users.first) on, one for each monitor")
        }
        return Finding(
            subject, .limited,
            reason
                + (users.canBeDoneWithout ? ": all monitors are user \(MachineUsers.shared.first)" : ": no micro-VMs"),
            mend: "map them into the user namespace, or name mapped ones by vm.users of the configuration")
    }

    private func diskMaker() -> Finding {
        if let path = ChildProgram.find("mkfs.erofs", in: ["/usr/sbin", "/usr/bin", "/sbin"]) {
            return Finding("mkfs.erofs", .works, path)
        }
        return Finding("mkfs.erofs", .limited, "is not found: no micro-VMs", mend: "apt install erofs-utils")
    }
}
