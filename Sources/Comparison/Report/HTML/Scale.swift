import Glibc

/// Where a number lies on an axis, and where its marks are.
struct Scale {
    /// The number at the left end.
    let lower: Double
    /// The number at the right end.
    let upper: Double
    /// Whether equal distances are equal ratios.
    let isLogarithmic: Bool
    /// The numbers with a mark, from left to right.
    let marks: [Double]

    /// The largest ratio of medians that an axis from zero shows: beyond it the smaller ones would be one spot.
    static let widestLinear = 30.0
    /// What is left free at both ends, as a part of the width, so that nothing is cut off.
    private static let margin = 0.012

    /// An axis from zero, in unit steps that suit, up to the largest number.
    init(fromZeroTo largest: Double, unit: Double = 1) {
        let step = Self.step((largest > 0 ? largest : unit) / unit / 4) * unit
        let count = max(1, (largest / step).rounded(.up))
        lower = 0
        upper = step * count
        isLogarithmic = false
        marks = (0...Int(count)).map { Double($0) * step }
    }

    /// An axis of equal ratios that holds all numbers, which are above zero; marks at 1, 2 and 5 times powers of ten.
    init(ratiosOf numbers: [Double]) {
        let least = numbers.min() ?? 1
        let most = numbers.max() ?? 1
        var all: [Double] = []
        var power = pow(10, floor(log10(least)))
        while power <= most * 10 {
            all += [power, 2 * power, 5 * power]
            power *= 10
        }
        let start = all.lastIndex { $0 <= least } ?? 0
        let end = all.firstIndex { $0 >= most } ?? all.count - 1
        lower = all[start]
        upper = all[max(end, min(start + 1, all.count - 1))]
        isLogarithmic = true
        let inside = all.filter { [lower, upper] in $0 >= lower && $0 <= upper }
        // Few enough that their texts do not touch on a narrow screen.
        marks = inside.count <= 7 ? inside : inside.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
    }

    /// The axis for numbers of one kind: from zero, or of ratios where their medians are too far apart.
    init(for distributions: [Distribution], unit: Double) {
        let medians = distributions.map(\.median)
        let values = distributions.flatMap(\.sorted)
        if let least = medians.min(), let most = medians.max(), least > 0, most / least > Self.widestLinear,
            (values.min() ?? 0) > 0
        {
            self.init(ratiosOf: values)
        } else {
            self.init(fromZeroTo: values.max() ?? 1, unit: unit)
        }
    }

    /// The place of a number, 0 to 1 of the width.
    func place(_ value: Double) -> Double {
        let share =
            isLogarithmic
            ? (log(max(value, lower)) - log(lower)) / max(log(upper) - log(lower), .leastNormalMagnitude)
            : (value - lower) / max(upper - lower, .leastNormalMagnitude)
        return Self.margin + min(max(share, 0), 1) * (1 - 2 * Self.margin)
    }

    /// 1, 2 or 5 times a power of ten, at least the number.
    private static func step(_ wanted: Double) -> Double {
        let power = pow(10, floor(log10(wanted)))
        return ([1, 2, 5, 10].first { $0 * power >= wanted * 0.999 } ?? 10) * power
    }
}
