import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// What a process sets in the namespaces that were made for it.
enum NamespaceSetup {
    /// Makes the time namespace with its offsets and enters it. They can be written until a process is in it.
    static func enterTime(_ offsets: [String: Spec.TimeOffset]?) throws(SystemError) {
        try systemCall("unshare", "time namespace") { linux_unshare(LINUX_CLONE_NEWTIME) }
        for (clock, offset) in (offsets ?? [:]).sorted(by: { $0.key < $1.key }) {
            try KernelFile.write(
                "/proc/self/timens_offsets", "\(clock) \(offset.secs ?? 0) \(offset.nanosecs ?? 0)\n")
        }
        let made = try OwnedDescriptor.open("/proc/self/ns/time_for_children", O_RDONLY)
        try systemCall("setns", "time namespace") {
            linux_setns(made.number, CInt(truncatingIfNeeded: LINUX_CLONE_NEWTIME))
        }
    }

    /// Sets the host name and the NIS domain name.
    static func setNames(host: String?, domain: String?) throws(SystemError) {
        if let host {
            try systemCall("sethostname", host) { unsafe sethostname(host, host.utf8.count) }
        }
        if let domain {
            try systemCall("setdomainname", domain) { unsafe setdomainname(domain, domain.utf8.count) }
        }
    }

    /// Switches the loopback interface on.
    static func raiseLoopback() throws(SystemError) {
        try systemCall("ioctl", "SIOCSIFFLAGS lo") { unsafe linux_interface_up("lo") }
    }
}
