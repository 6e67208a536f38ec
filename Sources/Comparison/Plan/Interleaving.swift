/// In which order the sides run: all of them in each round, in a new random order each time, so that a machine that
/// grows slower meets all alike.
public struct Interleaving: Sendable {
    private let sides: Int
    private var random: RandomSource

    /// Makes the orders of a number of sides; the same seed gives the same orders.
    public init(sides: Int, seed: UInt64) {
        self.sides = sides
        random = RandomSource(seed: seed)
    }

    /// The places of the sides in the order in which they run in the next round.
    public mutating func nextRound() -> [Int] {
        Array(0..<sides).shuffled(using: &random)
    }
}
