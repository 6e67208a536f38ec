import CKVM
import GuestMemory
import Glibc
import MachineMonitor

/// The guest's time: nanoseconds since its start, by the time-stamp counter, which the guest reads itself with the factors
/// that it finds in its pages (Xen's public header xen.h, struct vcpu_time_info). On this kind of KVM the guest's counter is
/// the host's.
struct GuestClock {
    /// The counter at the guest's start.
    let start: UInt64
    /// Nanoseconds a tick, as a fraction of 2^32, after the shift.
    let multiplier: UInt32
    /// Bits to the left that ticks are shifted by before.
    let shift: Int8
    /// In kHz.
    let frequency: UInt64

    /// Starts the clock.
    ///
    /// - Parameter frequency: of the counter, in kHz; more than zero.
    init(frequency: UInt64, start: UInt64 = ckvm_rdtsc()) {
        self.start = start
        self.frequency = frequency
        // Nanoseconds a tick times 2^32; slow counters need the shift to make it fit.
        var factor = (1_000_000 << 32) / frequency
        var shift: Int8 = 0
        while factor > UInt64(UInt32.max) {
            factor >>= 1
            shift += 1
        }
        multiplier = UInt32(factor)
        self.shift = shift
    }

    /// Nanoseconds since the start.
    var now: UInt64 { nanoseconds(at: ckvm_rdtsc()) }

    /// Nanoseconds since the start at a value of the counter.
    func nanoseconds(at counter: UInt64) -> UInt64 {
        let ticks = (counter &- start) << UInt64(shift)
        return ticks.multipliedFullWidth(by: UInt64(multiplier)).high << 32
            | ticks.multipliedFullWidth(by: UInt64(multiplier)).low >> 32
    }

    /// struct vcpu_time_info: 32 bytes.
    var timeInformation: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        // The version: even where nothing is being changed.
        bytes.put(UInt32(2), at: 0)
        bytes.put(start, at: 8)
        bytes.put(multiplier, at: 24)
        bytes.put(shift, at: 28)
        // PVCLOCK_TSC_STABLE_BIT: the factors never change.
        bytes.put(UInt8(1), at: 29)
        return bytes
    }

    /// The wall clock at the guest's start: version, seconds, nanoseconds, and the seconds' upper half, as in shared_info.
    static var wallClock: [UInt8] {
        var now = timespec()
        // Room for one time.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes.put(UInt32(2), at: 0)
        bytes.put(UInt32(truncatingIfNeeded: now.tv_sec), at: 4)
        bytes.put(UInt32(truncatingIfNeeded: now.tv_nsec), at: 8)
        bytes.put(UInt32(truncatingIfNeeded: now.tv_sec >> 32), at: 12)
        return bytes
    }
}
