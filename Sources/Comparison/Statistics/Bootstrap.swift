/// Intervals by drawing the same rounds again and again, with repetition (Efron and Tibshirani, An Introduction to the
/// Bootstrap, 1993).
public struct Bootstrap: Sendable {
    /// How often is drawn; enough for two digits of a 95 % interval.
    public var resamples = 2000
    /// The share of the draws that the interval holds.
    public var confidence = 0.95
    /// From where the random numbers start.
    public var seed: UInt64

    /// Makes one.
    public init(seed: UInt64, resamples: Int = 2000, confidence: Double = 0.95) {
        self.seed = seed
        self.resamples = resamples
        self.confidence = confidence
    }

    /// The values of a statistic on draws of `count` places with repetition, smallest first.
    ///
    /// - Parameter statistic: is given the places that were drawn; a draw for which it has no value is left out.
    public func replicates(of count: Int, _ statistic: ([Int]) -> Double?) -> [Double] {
        guard count > 0 else { return [] }
        var random = RandomSource(seed: seed)
        var places = [Int](repeating: 0, count: count)
        var values: [Double] = []
        values.reserveCapacity(resamples)
        for _ in 0..<resamples {
            for index in places.indices { places[index] = Int.random(in: 0..<count, using: &random) }
            if let value = statistic(places) { values.append(value) }
        }
        return values.sorted()
    }

    /// The ratio of two medians with its percentile interval. Rounds are drawn, not single runs: what disturbed a round
    /// disturbed both of its runs, and stays together.
    ///
    /// The percentile interval and not BCa: a jackknife of a median takes two or three values, whatever the data, so that
    /// BCa's acceleration would be noise (Efron and Tibshirani, section 11.6).
    ///
    /// - Parameter rounds: what one side and the base took in the same round.
    /// - Returns: nil for less than two rounds, or where the base's median is 0.
    public func ratioOfMedians(_ rounds: [(value: Double, base: Double)]) -> Estimate? {
        func ratio(_ pairs: [(value: Double, base: Double)]) -> Double? {
            guard let value = Distribution(pairs.map(\.value))?.median,
                let base = Distribution(pairs.map(\.base))?.median, base > 0
            else { return nil }
            return value / base
        }
        guard rounds.count > 1, let value = ratio(rounds),
            let drawn = Distribution(replicates(of: rounds.count) { places in ratio(places.map { rounds[$0] }) })
        else { return nil }
        let rest = (1 - confidence) / 2
        return Estimate(value: value, lower: drawn.quantile(rest), upper: drawn.quantile(1 - rest))
    }

    /// The ratio of two medians of runs that were not made in turns, such as those of two result files, with its percentile
    /// interval: each side is drawn by itself.
    ///
    /// - Returns: nil for less than two numbers of either, or where the base's median is 0.
    public func ratioOfMedians(_ values: [Double], toIndependent base: [Double]) -> Estimate? {
        guard values.count > 1, base.count > 1, let own = Distribution(values)?.median,
            let other = Distribution(base)?.median, other > 0
        else { return nil }
        var random = RandomSource(seed: seed)
        func drawn(_ numbers: [Double]) -> Double? {
            Distribution(numbers.map { _ in numbers[Int.random(in: 0..<numbers.count, using: &random)] })?.median
        }
        let ratios = (0..<resamples).compactMap { _ -> Double? in
            guard let value = drawn(values), let base = drawn(base), base > 0 else { return nil }
            return value / base
        }
        guard let spread = Distribution(ratios) else { return nil }
        let rest = (1 - confidence) / 2
        return Estimate(value: own / other, lower: spread.quantile(rest), upper: spread.quantile(1 - rest))
    }
}
