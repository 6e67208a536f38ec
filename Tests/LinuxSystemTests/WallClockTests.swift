import Testing

@testable import LinuxSystem

struct WallClockTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000000Z"), (1_709_209_845_000_000_001, "2024-02-29T12:30:45.000000001Z"),
        (4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999999Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
        (-86_400_000_000_000, "1969-12-31T00:00:00.000000000Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
    ])
    func aMomentIsWrittenAndReadInRFC3339(_ nanoseconds: Int64, _ text: String) {
        #expect(WallClock(nanoseconds: nanoseconds).rfc3339 == text)
        #expect(WallClock(rfc3339: text)?.nanoseconds == nanoseconds)
    }

    @Test func offsetsAndShortFractionsCount() {
        #expect(WallClock(rfc3339: "1970-01-01T02:00:00.5+02:00")?.nanoseconds == 500_000_000)
        #expect(WallClock(rfc3339: "1969-12-31T23:00:00-01:00")?.nanoseconds == 0)
    }

    @Test("Moments that are too late for nanoseconds", arguments: ["2262-04-11T23:47:16.9Z", "9999-01-01T00:00:00Z"])
    func momentsBeyondTheLastAreRefused(_ text: String) {
        #expect(WallClock(rfc3339: text) == nil)
    }

    @Test(arguments: ["", "2024", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "x"])
    func otherTextsAreRefused(_ text: String) {
        #expect(WallClock(rfc3339: text) == nil)
    }

    @Test func argumentsMayBeSpansBeforeNow() {
        let now = WallClock(nanoseconds: 10_000_000_000_000)
        #expect(WallClock(argument: "1m30s", now: now)?.nanoseconds == 9_910_000_000_000)
        #expect(WallClock(argument: "2024-02-29")?.seconds == 1_709_164_800)
        #expect(WallClock(argument: "12.5")?.nanoseconds == 12_500_000_000)
        #expect(WallClock(argument: "soon") == nil)
    }
}
