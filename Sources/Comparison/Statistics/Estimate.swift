/// A number with the interval in which the true one is likely to lie.
public struct Estimate: Sendable, Equatable {
    /// The number.
    public let value: Double
    /// The interval's lower end.
    public let lower: Double
    /// The interval's upper end.
    public let upper: Double

    /// Makes an estimate.
    public init(value: Double, lower: Double, upper: Double) {
        self.value = value
        self.lower = lower
        self.upper = upper
    }

    /// Half the interval as a part of the number: 0.05 for "plus or minus 5 %".
    public var relativeHalfWidth: Double {
        value == 0 ? .infinity : (upper - lower) / 2 / abs(value)
    }

    /// Whether a number lies in the interval.
    public func contains(_ number: Double) -> Bool { lower <= number && number <= upper }
}
