import Glibc
import MachineMonitor
import Testing

@testable import XenMachine

@Suite struct GuestClockTests {
    @Test(arguments: [UInt64(600_000), 1_000_000, 2_596_136, 5_000_000]) func countsNanoseconds(_ frequency: UInt64) {
        let clock = GuestClock(frequency: frequency, start: 1000)
        let second = frequency * 1000
        let measured = clock.nanoseconds(at: 1000 + 3600 * second)
        // The factor has 32 bits: an hour is right to a millisecond.
        #expect(measured.distance(to: 3_600_000_000_000).magnitude < 1_000_000)
        #expect(clock.nanoseconds(at: 1000) == 0)
    }

    @Test func tellsTheGuestItsFactors() {
        let clock = GuestClock(frequency: 2_000_000, start: 77)
        let information = clock.timeInformation()
        #expect(information.count == 32)
        #expect(information.get(UInt64.self, at: 8) == 77)
        #expect(information.get(UInt32.self, at: 24) == 1 << 31)
    }

    @Test func aCopysTimeGoesOn() {
        let clock = GuestClock(frequency: 1_000_000, elapsed: 5_000_000_000, start: 1000)
        #expect(clock.nanoseconds(at: 1000) == 5_000_000_000)
        #expect(clock.nanoseconds(at: 2000) == 5_000_001_000)
        #expect(clock.timeInformation(version: 8).get(UInt64.self, at: 16) == 5_000_000_000)
        #expect(clock.timeInformation(version: 8).get(UInt32.self, at: 0) == 8)
    }

    @Test func theWallClockIsThatOfTheGuestsZero() {
        let bytes = GuestClock(frequency: 1_000_000, elapsed: 3600 * 1_000_000_000).wallClock()
        let seconds = UInt64(bytes.get(UInt32.self, at: 4)) | UInt64(bytes.get(UInt32.self, at: 12)) << 32
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        #expect((UInt64(time.tv_sec) - 3660...UInt64(time.tv_sec) - 3599).contains(seconds))
        #expect(bytes.get(UInt32.self, at: 8) < 1_000_000_000)
    }
}
