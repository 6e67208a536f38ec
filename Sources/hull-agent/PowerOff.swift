import CLinux
import Glibc

/// The machine's end.
enum PowerOff {
    /// Writes what is in memory to the disks and switches the machine off.
    static func now() -> Never {
        sync()
        _ = linux_power_off()
        // Only where the kernel has no power-off: the machine is told to end in another way, by the end of process 1.
        exit(1)
    }
}
