import CKVM
import GuestMemory
import Glibc
import MachineMonitor

/// The guest's time: nanoseconds since its start, by the time-stamp counter, which the guest reads itself with the factors
/// that it finds in its pages (Xen's public header xen.h, struct vcpu_time_info). On this kind of KVM the guest's counter is
/// the host's.
struct GuestClock {
    /// The counter when this clock was started.
    let start: UInt64
    /// The guest's nanoseconds then: more than zero for a guest that goes on from a copy.
    let elapsed: UInt64
    /// Nanoseconds a tick, as a fraction of 2^32, after the shift.
    let multiplier: UInt32
    /// Bits to the left that ticks are shifted by before.
    let shift: Int8
    /// In kHz.
    let frequency: UInt64

    /// Starts the clock.
    ///
    /// - Parameters:
    ///   - frequency: of the counter, in kHz; more than zero.
    ///   - elapsed: nanoseconds that have passed in the guest already.
    init(frequency: UInt64, elapsed: UInt64 = 0, start: UInt64 = ckvm_rdtsc()) {
        self.start = start
        self.elapsed = elapsed
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

    /// The guest's nanoseconds.
    var now: UInt64 { nanoseconds(at: ckvm_rdtsc()) }

    /// The guest's nanoseconds at a value of the counter.
    func nanoseconds(at counter: UInt64) -> UInt64 {
        let ticks = (counter &- start) << UInt64(shift)
        let product = ticks.multipliedFullWidth(by: UInt64(multiplier))
        return elapsed &+ (product.high << 32 | product.low >> 32)
    }

    /// Bytes of struct vcpu_time_info.
    static let timeInformationSize: UInt64 = 32

    /// struct vcpu_time_info.
    ///
    /// - Parameter version: even where nothing is being changed; another than before where something was.
    func timeInformation(version: UInt32 = 2) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(Self.timeInformationSize))
        bytes.put(version, at: 0)
        bytes.put(start, at: 8)
        bytes.put(elapsed, at: 16)
        bytes.put(multiplier, at: 24)
        bytes.put(shift, at: 28)
        // PVCLOCK_TSC_STABLE_BIT: the factors never change.
        bytes.put(UInt8(1), at: 29)
        return bytes
    }

    /// The wall clock when the guest's time was zero: version, seconds, nanoseconds, and the seconds' upper half, as in
    /// shared_info.
    func wallClock(version: UInt32 = 2) -> [UInt8] {
        var time = timespec()
        // Room for one time.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        let billion: UInt64 = 1_000_000_000
        let begin = UInt64(bitPattern: Int64(time.tv_sec)) &* billion &+ UInt64(time.tv_nsec) &- now
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes.put(version, at: 0)
        bytes.put(UInt32(truncatingIfNeeded: begin / billion), at: 4)
        bytes.put(UInt32(begin % billion), at: 8)
        bytes.put(UInt32(truncatingIfNeeded: (begin / billion) >> 32), at: 12)
        return bytes
    }
}
