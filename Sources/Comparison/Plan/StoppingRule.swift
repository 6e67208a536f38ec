/// When a comparison has measured enough.
public struct StoppingRule: Sendable, Equatable {
    /// Exactly so many rounds; nil leaves it to the intervals and the time.
    public var rounds: Int?
    /// The time after which no round begins, in nanoseconds.
    public var time: Int64
    /// How narrow the interval of every ratio shall be, as half its width over the ratio.
    public var precision: Double

    /// With fewer rounds an interval of a median says little, however narrow it happens to be.
    public static let fewestRounds = 10
    /// The intervals are looked at each so many rounds: who looks each time stops at a lucky one.
    public static let roundsBetweenLooks = 5

    /// Makes a rule.
    public init(rounds: Int?, time: Int64, precision: Double) {
        self.rounds = rounds
        self.time = time
        self.precision = precision
    }

    /// Why no more rounds are run.
    public enum Reason: String, Codable, Sendable {
        /// As many rounds as were asked for.
        case rounds
        /// All intervals are narrow enough.
        case precise
        /// The time is up.
        case time
        /// Somebody pressed Ctrl-C.
        case interrupted
        /// A side could not run the command.
        case failed

        /// As the end of "30 rounds, until …".
        public var text: String {
            switch self {
            case .rounds: "as many as were asked for"
            case .precise: "until the intervals were narrow enough"
            case .time: "until the time was up"
            case .interrupted: "until it was interrupted"
            case .failed: "until a side failed"
            }
        }
    }

    /// Whether to stop after a number of whole rounds.
    ///
    /// - Parameters:
    ///   - elapsed: nanoseconds since the first round began.
    ///   - ratios: gives the intervals of all ratios; asked only when they count.
    /// - Returns: nil to go on.
    public func reason(after done: Int, elapsed: Int64, ratios: () -> [Estimate?]) -> Reason? {
        if let rounds { return done >= rounds ? .rounds : nil }
        if done >= Self.fewestRounds, done % Self.roundsBetweenLooks == 0 {
            let all = ratios()
            if !all.isEmpty, all.allSatisfy({ ($0?.relativeHalfWidth ?? .infinity) <= precision }) { return .precise }
        }
        return elapsed >= time ? .time : nil
    }
}
