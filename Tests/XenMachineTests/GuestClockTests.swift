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
        let information = clock.timeInformation
        #expect(information.count == 32)
        #expect(information.get(UInt64.self, at: 8) == 77)
        #expect(information.get(UInt32.self, at: 24) == 1 << 31)
    }
}
