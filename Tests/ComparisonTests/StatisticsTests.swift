import Comparison
import Glibc
import Testing

@Suite("Statistics") struct StatisticsTests {
    /// The mouse data of Efron and Tibshirani, An Introduction to the Bootstrap (1993), table 2.1.
    private let mice: [Double] = [94, 197, 16, 38, 99, 141, 23]

    @Test("Median, quartiles and MAD are those of the references")
    func order() throws {
        // The usual example of a MAD: 1, 1, 2, 2, 4, 6, 9 has the median 2 and the MAD 1.
        let example = try #require(Distribution([1, 1, 2, 2, 4, 6, 9]))
        #expect(example.median == 2)
        #expect(example.medianAbsoluteDeviation == 1)
        let even = try #require(Distribution([4, 1, 3, 2]))
        #expect(even.median == 2.5)
        // R: quantile(c(3,1,4,1,5,9,2,6,5,3,5), c(.1, .25, .9), type = 7)
        let sample = try #require(Distribution([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]))
        #expect(sample.quantile(0.1) == 1)
        #expect(sample.quantile(0.25) == 2.5)
        #expect(sample.quantile(0.9) == 6)
        #expect(Distribution([]) == nil)
        #expect(Distribution([1, .nan]) == nil)
    }

    @Test("The bootstrap's standard errors are those that are published for the mouse data")
    func standardErrors() {
        let bootstrap = Bootstrap(seed: 1, resamples: 40_000)
        let means = bootstrap.replicates(of: mice.count) { places in
            places.map { mice[$0] }.reduce(0, +) / Double(places.count)
        }
        let medians = bootstrap.replicates(of: mice.count) { places in Distribution(places.map { mice[$0] })?.median }
        // Table 2.1 of Efron and Tibshirani, row of B = infinity: 23.36 for the mean, 37.83 for the median.
        #expect(abs(deviation(means) - 23.36) < 0.4)
        #expect(abs(deviation(medians) - 37.83) < 0.6)
    }

    @Test("The share of draws at each value of a median is the exact one, of order statistics")
    func exactMedians() {
        let sorted = mice.sorted()
        let medians = Bootstrap(seed: 7, resamples: 40_000).replicates(of: mice.count) { places in
            Distribution(places.map { mice[$0] })?.median
        }
        // P(median* = x(k)) for n = 7 (Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982, 10.12).
        let exact = [0.0102, 0.0981, 0.2386, 0.3062, 0.2386, 0.0981, 0.0102]
        for (value, share) in zip(sorted, exact) {
            let found = Double(medians.count { $0 == value }) / Double(medians.count)
            #expect(abs(found - share) < 0.01, "\(value)")
        }
    }

    @Test("The interval of a ratio has its percentiles where the draws have them")
    func ratioInterval() throws {
        // Against a base that never changes the ratio's interval is the median's own: from 1.1 % on, 98.9 % of the draws
        // lie below, so its ends are the second smallest and the second largest value.
        let ratio = try #require(
            Bootstrap(seed: 3, resamples: 20_000).ratioOfMedians(mice.map { (value: $0, base: 2) }))
        #expect(ratio.value == 47)
        #expect(ratio.lower == 11.5)
        #expect(ratio.upper == 70.5)
        #expect(Bootstrap(seed: 3).ratioOfMedians([(1, 1)]) == nil)
        #expect(Bootstrap(seed: 3).ratioOfMedians([(1, 0), (1, 0)]) == nil)
    }

    @Test("Rounds are drawn whole: what slows both sides alike leaves the ratio as it is")
    func pairing() throws {
        var random = RandomSource(seed: 11)
        let rounds = (0..<21).map { _ in
            let slowness = Double.random(in: 1...10, using: &random)
            return (value: 3 * slowness, base: slowness)
        }
        let ratio = try #require(Bootstrap(seed: 1).ratioOfMedians(rounds))
        #expect(abs(ratio.value - 3) < 1e-9)
        #expect(abs(ratio.upper - ratio.lower) < 1e-9)
    }

    @Test("The interval holds the true ratio about as often as it says")
    func coverage() {
        var random = RandomSource(seed: 5)
        var held = 0
        for trial in 0..<200 {
            let rounds = (0..<25).map { _ in
                (value: 20 + exponential(&random), base: 10 + exponential(&random) / 2)
            }
            // Both medians are known: 20 + ln 2 and 10 + ln 2 / 2, so the true ratio is 2.
            let ratio = Bootstrap(seed: UInt64(trial), resamples: 400).ratioOfMedians(rounds)
            if ratio?.contains(2) == true { held += 1 }
        }
        #expect((180...200).contains(held), "\(held) of 200")
    }

    @Test("A value is an outlier from a modified score of 3.5 on")
    func outliers() throws {
        let values = try #require(Distribution([10, 11, 9, 10, 12, 8, 10, 11, 9, 50]))
        #expect(values.modifiedScore(50) > Distribution.outlierScore)
        #expect(values.modifiedScore(12) < Distribution.outlierScore)
        let equal = try #require(Distribution([5, 5, 5]))
        #expect(equal.modifiedScore(7) == 0)
    }

    @Test("Two samples that were not made in turns are drawn each by itself")
    func independentRatio() throws {
        let values = (1...40).map { 200 + Double($0 % 7) }
        let base = (1...25).map { 100 + Double($0 % 5) }
        let ratio = try #require(Bootstrap(seed: 3).ratioOfMedians(values, toIndependent: base))
        #expect(ratio.value == 203.0 / 102.0)
        #expect(ratio.lower <= ratio.value && ratio.value <= ratio.upper)
        #expect(ratio.upper - ratio.lower < 0.1)
        #expect(Bootstrap(seed: 3).ratioOfMedians([1], toIndependent: base) == nil)
        #expect(Bootstrap(seed: 3).ratioOfMedians(values, toIndependent: [0, 0]) == nil)
    }

    @Test("The random source gives SplitMix64's published numbers")
    func randomNumbers() {
        // The reference implementation (https://prng.di.unimi.it/splitmix64.c) from the seed 1234567.
        var source = RandomSource(seed: 1_234_567)
        #expect(source.next() == 6_457_827_717_110_365_317)
        #expect(source.next() == 3_203_168_211_198_807_973)
    }

    private func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)).squareRoot()
    }

    /// A number with the density e^-x.
    private func exponential(_ random: inout RandomSource) -> Double {
        -log(Double.random(in: .leastNonzeroMagnitude...1, using: &random))
    }
}
