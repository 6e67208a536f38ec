/// What a handful of numbers says by its order: nothing that one slow run could move.
public struct Distribution: Sendable, Equatable {
    /// The numbers, smallest first; never empty.
    public let sorted: [Double]

    /// Makes a distribution; nil without numbers, and where one of them is none.
    public init?(_ values: [Double]) {
        guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
        sorted = values.sorted()
    }

    private init(sorted: [Double]) {
        self.sorted = sorted
    }

    /// The number below which a share of the others lies, between two of them by a straight line: type 7 of Hyndman and
    /// Fan, Sample Quantiles in Statistical Packages (1996), R's default.
    ///
    /// - Parameter share: 0 to 1.
    public func quantile(_ share: Double) -> Double {
        let place = min(max(share, 0), 1) * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }

    /// The middle.
    public var median: Double { quantile(0.5) }

    /// The median of the distances from the median, unscaled.
    public var medianAbsoluteDeviation: Double {
        let middle = median
        return Distribution(sorted: sorted.map { abs($0 - middle) }.sorted()).median
    }

    /// How far a value is out, in robust standard deviations; 0 where the others do not differ.
    ///
    /// The modified z-score 0.6745 (x - median) / MAD of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).
    public func modifiedScore(_ value: Double) -> Double {
        let deviation = medianAbsoluteDeviation
        return deviation > 0 ? 0.6745 * (value - median) / deviation : 0
    }

    /// Iglewicz and Hoaglin name an outlier what is further out than this.
    public static let outlierScore = 3.5
}
