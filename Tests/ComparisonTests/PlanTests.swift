import Comparison
import Testing

@Suite("Order and end of a comparison") struct PlanTests {
    @Test("Each round has every side once, in an order of its own")
    func rounds() {
        var order = Interleaving(sides: 4, seed: 9)
        let rounds = (0..<200).map { _ in order.nextRound() }
        #expect(rounds.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
        #expect(Set(rounds).count > 20)
        // No side comes first much more often than another.
        for side in 0..<4 {
            let first = rounds.count { $0.first == side }
            #expect((25...75).contains(first), "\(side): \(first) of 200")
        }
    }

    @Test("The same seed gives the same orders")
    func seeds() {
        var (one, other, third) = (
            Interleaving(sides: 5, seed: 1), Interleaving(sides: 5, seed: 1), Interleaving(sides: 5, seed: 2)
        )
        let rounds = (0..<20).map { _ in one.nextRound() }
        #expect(rounds == (0..<20).map { _ in other.nextRound() })
        #expect(rounds != (0..<20).map { _ in third.nextRound() })
    }

    @Test("A machine that grows slower does not favour a side")
    func drift() throws {
        // Both sides take the same, and everything slows down with each run: only the order could make a difference.
        var order = Interleaving(sides: 2, seed: 3)
        var clock = 0.0
        var rounds: [(value: Double, base: Double)] = []
        for _ in 0..<60 {
            var times = [0.0, 0.0]
            for side in order.nextRound() {
                clock += 1
                times[side] = 100 + clock
            }
            rounds.append((times[1], times[0]))
        }
        let ratio = try #require(Bootstrap(seed: 1).ratioOfMedians(rounds))
        #expect(ratio.contains(1))
        #expect(abs(ratio.value - 1) < 0.02)
    }

    private let rule = StoppingRule(rounds: nil, time: 30_000_000_000, precision: 0.05)
    private let narrow = Estimate(value: 2, lower: 1.95, upper: 2.05)
    private let wide = Estimate(value: 2, lower: 1.5, upper: 2.5)

    @Test("Where a number of rounds is given only that counts")
    func fixedRounds() {
        let rule = StoppingRule(rounds: 3, time: 1, precision: 1)
        #expect(rule.reason(after: 2, elapsed: 100) { [narrow] } == nil)
        #expect(rule.reason(after: 3, elapsed: 0) { [wide] } == .rounds)
    }

    @Test("It ends when every interval is narrow enough, and not for one that is so early by chance")
    func precision() {
        #expect(rule.reason(after: 5, elapsed: 0) { [narrow] } == nil)
        #expect(rule.reason(after: 10, elapsed: 0) { [narrow, wide] } == nil)
        #expect(rule.reason(after: 10, elapsed: 0) { [narrow, nil] } == nil)
        #expect(rule.reason(after: 11, elapsed: 0) { [narrow, narrow] } == nil)
        #expect(rule.reason(after: 15, elapsed: 0) { [narrow, narrow] } == .precise)
    }

    @Test("It ends when the time is up, and never before the first round")
    func time() {
        #expect(rule.reason(after: 1, elapsed: 29_000_000_000) { [wide] } == nil)
        #expect(rule.reason(after: 1, elapsed: 30_000_000_000) { [wide] } == .time)
    }

    @Test("Runs that differ little end early, runs that differ much at the end of the time")
    func synthetic() {
        #expect(roundsNeeded(noise: 0.01) < 20)
        #expect(roundsNeeded(noise: 0.2) > roundsNeeded(noise: 0.05))
    }

    /// How many rounds the rule takes for two sides whose runs scatter by a part of themselves.
    private func roundsNeeded(noise: Double) -> Int {
        var random = RandomSource(seed: 4)
        var rounds: [(value: Double, base: Double)] = []
        while true {
            rounds.append(
                (
                    2 * Double.random(in: 1 - noise...1 + noise, using: &random),
                    Double.random(in: 1 - noise...1 + noise, using: &random)
                ))
            let ended = rule.reason(after: rounds.count, elapsed: Int64(rounds.count) * 100_000_000) {
                [Bootstrap(seed: 1, resamples: 500).ratioOfMedians(rounds)]
            }
            if ended != nil { return rounds.count }
        }
    }
}
