import CLinux
import Glibc
import LinuxSystem

/// What makes a guest this one: its clock, its name, its random numbers.
enum GuestIdentity {
    /// Sets the clock.
    ///
    /// - Parameter time: nanoseconds since 1970.
    static func setTime(_ time: UInt64) throws(SystemError) {
        var value = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        try systemCall("clock_settime") { unsafe clock_settime(CLOCK_REALTIME, &value) }
    }

    /// Sets the guest's own name; the workload's is in its specification.
    static func setHostname(_ name: String) throws(SystemError) {
        try systemCall("sethostname", name) { unsafe sethostname(name, name.utf8.count) }
    }

    /// Sets the name that a process and those in its namespace see.
    static func setHostname(_ name: String, of pid: pid_t) throws(SystemError) {
        let own = try OwnedDescriptor.open("/proc/self/ns/uts", O_RDONLY)
        let path = "/proc/\(pid)/ns/uts"
        let theirs = try OwnedDescriptor.open(path, O_RDONLY)
        try systemCall("setns", path) { linux_setns(theirs.number, 0) }
        let result = Result { () throws(SystemError) in try setHostname(name) }
        try systemCall("setns", "/proc/self/ns/uts") { linux_setns(own.number, 0) }
        try result.get()
    }

    /// Mixes bytes of the host into the kernel's random numbers.
    static func addEntropy(_ bytes: [UInt8]) throws(SystemError) {
        guard !bytes.isEmpty else { return }
        let device = try OwnedDescriptor.open("/dev/urandom", O_RDWR)
        try systemCall("RNDADDENTROPY", "/dev/urandom") {
            // As many bytes as the array has.
            unsafe bytes.withUnsafeBufferPointer { unsafe linux_add_entropy(device.number, $0.baseAddress, $0.count) }
        }
    }
}
