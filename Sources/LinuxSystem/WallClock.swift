import Glibc

/// A moment of the wall clock, in nanoseconds since 1970 (UTC).
public struct WallClock: Comparable, Sendable, Hashable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let nanoseconds: Int64

    /// Makes a moment.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The present moment.
    public static var now: WallClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Whole seconds since 1970.
    public var seconds: Int64 { nanoseconds / 1_000_000_000 }

    /// Which moment is earlier.
    public static func < (left: WallClock, right: WallClock) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment in RFC 3339 with nanoseconds in UTC: `2026-11-24T04:05:06.123456789Z`.
    public var rfc3339: String {
        // What is before 1970 counts on from the second, and the day, before it.
        let (second, fraction) = Self.floored(nanoseconds, 1_000_000_000)
        let (day, time) = Self.floored(second, 86_400)
        let (year, month, date) = Self.civil(day)
        let clock = [time / 3600, time / 60 % 60, time % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(date, 2))T\(clock)."
            + "\(Self.padded(fraction, 9))Z"
    }

    /// The quotient that is not above the exact one, and what is left then, which is never negative.
    private static func floored(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Parses RFC 3339 with or without a fraction, with `Z` or an offset; nil where the text is of another form.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int64(String(decoding: bytes[range], as: UTF8.self))
        }
        func has(_ character: Character, at index: Int) -> Bool {
            index < bytes.count && Character(UnicodeScalar(bytes[index])) == character
        }
        guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
            let day = number(8..<10), has("T", at: 10) || has(" ", at: 10), let hour = number(11..<13),
            has(":", at: 13), let minute = number(14..<16), has(":", at: 16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var position = 19
        var fraction: Int64 = 0
        if has(".", at: position) {
            position += 1
            let start = position
            while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
                if position - start < 9 { fraction = fraction * 10 + Int64(bytes[position] - 0x30) }
                position += 1
            }
            if position == start { return nil }
            for _ in 0..<max(0, 9 - (position - start)) { fraction *= 10 }
        }
        var offset: Int64 = 0
        if has("+", at: position) || has("-", at: position) {
            guard let hours = number(position + 1..<position + 3), has(":", at: position + 3),
                let minutes = number(position + 4..<position + 6)
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (has("+", at: position) ? 1 : -1)
            position += 6
        } else if has("Z", at: position) {
            position += 1
        } else {
            return nil
        }
        guard position == bytes.count else { return nil }
        let days = Self.days(year, month, day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooLate) = whole.addingReportingOverflow(fraction)
        if overflow || isTooLate { return nil }
        nanoseconds = sum
    }

    /// What `--since` and `--until` take: RFC 3339, a date, seconds since 1970, or a span before now (`10m`, `1h30m`).
    public init?(argument text: String, now: WallClock = .now) {
        if let moment = WallClock(rfc3339: text) ?? WallClock(rfc3339: text + "Z")
            ?? WallClock(rfc3339: text + "T00:00:00Z")
        {
            self = moment
        } else if let seconds = Double(text), seconds.isFinite, abs(seconds) < 9e9 {
            nanoseconds = Int64(seconds * 1_000_000_000)
        } else if let span = Self.span(text) {
            nanoseconds = now.nanoseconds - span
        } else {
            return nil
        }
    }

    /// Nanoseconds of a span such as `90s`, `1h30m`, `250ms` (Go's durations); nil where the text is none.
    public static func span(_ text: String) -> Int64? {
        var total = 0.0
        var rest = Substring(text)
        if rest.isEmpty { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let value = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let units: [Substring: Double] = [
                "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
            ]
            guard let scale = units[unit] else { return nil }
            total += value * scale
        }
        return total < 9e18 ? Int64(total) : nil
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. Years are taken to begin in
    /// March, so that a leap day is a year's last.
    private static func civil(_ day: Int64) -> (Int64, Int64, Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date)
    }

    /// The day, counted from 1970-01-01, of a date in the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
