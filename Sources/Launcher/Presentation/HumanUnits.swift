import LinuxSystem

/// Numbers as people read them, in Docker's words.
public enum HumanUnits {
    /// Bytes in powers of 1000 with three digits: `4.26MB`.
    public static func decimal(_ bytes: UInt64) -> String {
        scaled(Double(bytes), 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"], digits: 3)
    }

    /// Bytes in powers of 1024 with four digits: `1.984MiB`.
    public static func binary(_ bytes: UInt64) -> String {
        scaled(Double(bytes), 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"], digits: 4)
    }

    private static func scaled(_ value: Double, _ base: Double, _ units: [String], digits: Int) -> String {
        var value = value
        var unit = 0
        while value >= base, unit < units.count - 1 {
            value /= base
            unit += 1
        }
        return significant(value, digits) + units[unit]
    }

    /// A number with so many significant digits, without zeros at its end.
    static func significant(_ value: Double, _ digits: Int) -> String {
        var decimals = digits - 1
        var limit = 10.0
        while value >= limit, decimals > 0 {
            decimals -= 1
            limit *= 10
        }
        return fixed(value, decimals, keepsZeros: false)
    }

    /// A number with so many digits behind the point.
    public static func fixed(_ value: Double, _ decimals: Int, keepsZeros: Bool = true) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        // A guest can count what it likes: such a number is shown as it is.
        guard abs(value * scale) < 9e18 else { return "\(value)" }
        let whole = Int64((value * scale).rounded())
        var fraction = String(whole.magnitude % UInt64(scale))
        fraction = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        if decimals == 0 { fraction = "" }
        if !keepsZeros { while fraction.hasSuffix("0") { fraction.removeLast() } }
        let sign = whole < 0 ? "-" : ""
        return sign + String(whole.magnitude / UInt64(scale)) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// A part of a whole: `0.07%`.
    public static func percentage(_ value: Double) -> String { fixed(value, 2) + "%" }

    /// A span of time in one unit: `Less than a second`, `12 seconds`, `About a minute`, `3 hours`, `2 weeks`.
    public static func span(seconds: Int64) -> String {
        switch seconds {
        case ..<1: "Less than a second"
        case 1: "1 second"
        case ..<60: "\(seconds) seconds"
        case ..<120: "About a minute"
        case ..<(60 * 46): "\(seconds / 60) minutes"
        case ..<(3600 * 2): "About an hour"
        case ..<(3600 * 48): "\(seconds / 3600) hours"
        case ..<(86_400 * 14): "\(seconds / 86_400) days"
        case ..<(86_400 * 60): "\(seconds / 86_400 / 7) weeks"
        case ..<(86_400 * 730): "\(seconds / 86_400 / 30) months"
        default: "\(seconds / 86_400 / 365) years"
        }
    }

    /// How long ago a moment was: `3 hours ago`.
    public static func since(_ moment: WallClock, now: WallClock = .now) -> String {
        span(seconds: now.seconds - moment.seconds) + " ago"
    }
}
