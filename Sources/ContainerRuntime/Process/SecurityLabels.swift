import Glibc
import LinuxSystem
import OCISpec

/// Labels of security modules that a program gets when it is executed (config.md, "Linux Process"). Where the host has
/// no such module a label that is asked for is an error: who asks for a wall must not run without it.
enum SecurityLabels {
    /// Sets what this process gets with its next execve(2). Written through the host's /proc.
    static func prepare(_ process: Spec.Process) throws(RuntimeError) {
        if let profile = process.apparmorProfile, !profile.isEmpty, profile != "unconfined" {
            try during("put the AppArmor profile \(printable(profile)) in force") { () throws(SystemError) in
                try KernelFile.write("/proc/self/attr/apparmor/exec", "exec " + profile)
            }
        }
        if let label = process.selinuxLabel, !label.isEmpty {
            try during("put the SELinux label \(printable(label)) in force") { () throws(SystemError) in
                try KernelFile.write("/proc/self/attr/exec", label)
            }
        }
    }
}
