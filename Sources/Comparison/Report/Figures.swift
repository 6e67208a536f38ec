/// Numbers as text, with the point as decimal mark in every locale.
public enum Figures {
    /// A number with so many digits after the point.
    public static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "–" }
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let (whole, part) = Int64(scaled).quotientAndRemainder(dividingBy: Int64(scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        if digits == 0 { return sign + "\(whole)" }
        let fraction = "\(part)"
        return sign + "\(whole)." + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
    }

    /// A number with three significant digits, more only before the point.
    public static func significant(_ value: Double) -> String {
        let size = abs(value)
        let digits =
            switch size {
            case 99.95...: 0
            case 9.995...: 1
            case 0.9995...: 2
            case 0.09995...: 3
            case 0: 0
            default: 4
            }
        return fixed(value, digits)
    }

    /// A number in the unit that suits a scale: `10.7 ms`, `3.2 MiB`, `1 024`.
    ///
    /// - Parameter scale: the number that chooses the unit, where several share one; the number itself without it.
    public static func quantity(_ value: Double, _ metric: Metric, scale: Double? = nil) -> String {
        let unit = Unit(for: scale ?? value, metric)
        let text = metric.kind == .count ? grouped(value) : significant(value / unit.size)
        return unit.name.isEmpty ? text : text + " " + unit.name
    }

    /// The quartiles of a distribution in one unit: `36.3–38.7 ms`.
    static func range(_ values: Distribution, _ metric: Metric) -> String {
        let (low, high) = (values.quantile(0.25), values.quantile(0.75))
        let unit = Unit(for: high, metric)
        if metric.kind == .count { return quantity(low, metric) + "–" + quantity(high, metric) }
        return significant(low / unit.size) + "–" + quantity(high, metric)
    }

    /// A whole number with its thousands set apart by narrow spaces.
    private static func grouped(_ value: Double) -> String {
        let digits = Array(fixed(value, 0))
        var text = ""
        for (index, digit) in digits.enumerated() {
            let left = digits.count - index
            if index > 0, left % 3 == 0, digits[index - 1] != "-" { text.append("\u{202F}") }
            text.append(digit)
        }
        return text
    }
}

/// A unit of a metric.
public struct Unit: Sendable, Equatable {
    /// Its name, `ms`; empty for plain numbers.
    public let name: String
    /// What one of it is in the metric's own unit.
    public let size: Double

    private static let times: [Unit] = [
        Unit(name: "ns", size: 1), Unit(name: "µs", size: 1e3), Unit(name: "ms", size: 1e6), Unit(name: "s", size: 1e9),
    ]
    private static let bytes: [Unit] = [
        Unit(name: "B", size: 1), Unit(name: "KiB", size: 1024), Unit(name: "MiB", size: 1_048_576),
        Unit(name: "GiB", size: 1_073_741_824),
    ]

    private init(name: String, size: Double) {
        self.name = name
        self.size = size
    }

    /// The largest unit of which the number has at least one.
    public init(for value: Double, _ metric: Metric) {
        let units: [Unit] =
            switch metric.kind {
            case .time: Self.times
            case .bytes: Self.bytes
            case .count: [Unit(name: "", size: 1)]
            }
        self = units.last { abs(value) >= $0.size } ?? units[0]
    }
}
