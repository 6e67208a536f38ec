/// What is concluded from a result: computed each time that it is shown, so that an old result profits from better
/// statistics.
public struct Analysis: Sendable {
    /// What it is concluded from.
    public let result: ComparisonResult
    /// The workloads, in the order of the result.
    public let workloads: [WorkloadAnalysis]
    /// Where the sides did not do the same. Whoever shows anything shows this first.
    public let differences: [Difference]
    /// What the reader should know before believing a number.
    public let warnings: [String]

    /// Concludes.
    public init(_ result: ComparisonResult) {
        self.result = result
        workloads = result.workloads.map { WorkloadAnalysis($0, in: result) }
        differences = workloads.flatMap(\.differences)
        warnings =
            (result.leftOut ?? []).map { "\($0.name) was left out: \($0.reason)" }
            + Noise.warnings(result.environment) + workloads.flatMap(\.warnings)
    }

    /// The side that the others are measured by.
    public var base: Side? { result.sides.first }
}

/// What is concluded from the runs of one workload.
public struct WorkloadAnalysis: Sendable {
    /// The workload.
    public let workload: WorkloadResult
    /// The sides that ran it, in the order of the result.
    public let sides: [SideAnalysis]
    /// Where the sides did not do the same.
    public let differences: [Difference]
    /// What the reader should know before believing a number.
    public let warnings: [String]

    init(_ workload: WorkloadResult, in result: ComparisonResult) {
        self.workload = workload
        let base = result.sides.first?.name ?? ""
        let runs = Dictionary(grouping: workload.runs, by: \.side)
        let observedRuns = Dictionary(grouping: workload.observedRuns, by: \.side)
        let comparison = OutputComparison(workload, sides: result.sides.map(\.name))
        differences = comparison.differences
        // Who failed where the base did not has not done the work: its time is no ratio of anything.
        let failed = Set(comparison.differences.filter { $0.what == Difference.exitStatus }.map(\.side))
        sides = result.sides.compactMap { side in
            let isMeasured = side.name != base && !failed.contains(side.name)
            return runs[side.name].map {
                SideAnalysis(
                    side, $0, memory: observedRuns[side.name] ?? [],
                    base: isMeasured ? (runs[base] ?? []) + (observedRuns[base] ?? []) : nil, seed: result.seed)
            }
        }
        warnings = comparison.notes + Noise.warnings(workload, sides)
    }

    /// The number of whole rounds.
    public var rounds: Int { sides.map(\.count).min() ?? 0 }

    /// The side with this name.
    public func side(_ name: String) -> SideAnalysis? { sides.first { $0.side.name == name } }

    /// What was measured of any side, the most important first, without what never happened.
    public var metrics: [Metric] {
        let happened = sides.flatMap { $0.metrics.filter { $0.distribution.sorted.last ?? 0 > 0 } }
        let measured = Set(happened.map(\.metric))
        let others = Metric.allCases.filter { measured.contains($0) && $0 != workload.measure }
        return (measured.contains(workload.measure) ? [workload.measure] : []) + others
    }
}

/// What is concluded from the runs of one side.
public struct SideAnalysis: Sendable {
    /// The side.
    public let side: Side
    /// How many runs there are.
    public let count: Int
    /// What was measured.
    public let metrics: [MetricAnalysis]
    /// What its time was spent with; empty where the side marks no moments.
    public let phases: [Phase]

    /// Medians of what its machines counted, by name; empty where there was none.
    public let counters: [String: Double]

    /// A part of the time of a run.
    public struct Phase: Sendable, Equatable {
        /// The moment at its end.
        public let end: Moment
        /// Its median in nanoseconds.
        public let median: Double
    }

    /// - Parameter base: the runs of the side that this one is measured by; nil for that side itself.
    init(_ side: Side, _ runs: [Run], memory: [Run], base: [Run]?, seed: UInt64) {
        self.side = side
        count = runs.count
        metrics = Metric.allCases.compactMap { metric in
            let values = (runs + memory).compactMap { run in run.measurements[metric].map { (run.round, $0) } }
            let pairs = base.map { base in
                let rounds = Dictionary(
                    base.compactMap { run in run.measurements[metric].map { (run.round, $0) } }
                ) { first, _ in first }
                return values.compactMap { round, value in rounds[round].map { (value: value, base: $0) } }
            }
            return MetricAnalysis(metric, values, pairs, seed: seed)
        }
        phases = Self.phases(runs)
        var counts: [String: [Double]] = [:]
        for (name, count) in memory.flatMap({ $0.counters ?? [:] }) where name != Self.ownTime {
            counts[name, default: []].append(count)
        }
        // What a run did not count did not happen in it.
        counters = counts.compactMapValues { values in
            Distribution(values + Array(repeating: 0, count: memory.count - values.count))?.median
        }
    }

    /// A counter that is a time, and has a metric of its own.
    private static let ownTime = "workloadCpu"

    /// What was measured of a metric.
    public func metric(_ metric: Metric) -> MetricAnalysis? { metrics.first { $0.metric == metric } }

    /// The phases between the moments that every run has.
    private static func phases(_ runs: [Run]) -> [Phase] {
        let moments = Moment.allCases.filter { moment in
            !runs.isEmpty && runs.allSatisfy { run in run.marks.contains { $0.name == moment } }
        }
        var spans: [Moment: [Double]] = [:]
        for run in runs {
            let marks = run.marks.filter { moments.contains($0.name) }.sorted { $0.at < $1.at }
            var before = 0.0
            for mark in marks {
                spans[mark.name, default: []].append(mark.at - before)
                before = mark.at
            }
        }
        // In the order in which they happened: some sides clear away before their command ends, some after it.
        let first = runs.first?.marks.sorted { $0.at < $1.at } ?? []
        return first.map(\.name).filter(moments.contains).compactMap { moment in
            Distribution(spans[moment] ?? []).map { Phase(end: moment, median: $0.median) }
        }
    }
}

/// What is concluded from one metric of one side.
public struct MetricAnalysis: Sendable {
    /// The metric.
    public let metric: Metric
    /// The number of each round, in the order of the rounds.
    public let values: [(round: Int, value: Double)]
    /// The numbers.
    public let distribution: Distribution
    /// The median as a multiple of the base's; nil for the base itself and where there are not enough rounds.
    public let ratio: Estimate?
    /// What the ratio allows to say; nil where there is none.
    public let verdict: Verdict?
    /// Rounds that are far out, where there are enough to tell. They count like the others.
    public let outliers: [(round: Int, value: Double)]

    init?(
        _ metric: Metric, _ values: [(round: Int, value: Double)], _ pairs: [(value: Double, base: Double)]?,
        seed: UInt64
    ) {
        guard let distribution = Distribution(values.map(\.value)) else { return nil }
        self.metric = metric
        self.values = values
        self.distribution = distribution
        ratio = pairs.flatMap { Bootstrap(seed: seed).ratioOfMedians($0) }
        verdict = ratio.map(Verdict.init)
        let isEnough = values.count >= StoppingRule.fewestRounds
        outliers =
            !isEnough ? [] : values.filter { abs(distribution.modifiedScore($0.value)) > Distribution.outlierScore }
    }
}

/// What the interval of a ratio allows to say.
public enum Verdict: Sendable, Equatable {
    /// More than the base: the whole interval is above 1.
    case more
    /// Less than the base: the whole interval is below 1.
    case less
    /// No difference to speak of: the interval holds 1 and is narrow.
    case same
    /// The interval holds 1 and so much else that no number would mean anything.
    case undecided

    /// An interval that ends within this part of 1 on both sides means "the same".
    public static let sameWithin = 0.05

    /// Decides.
    public init(_ ratio: Estimate) {
        if ratio.lower > 1 {
            self = .more
        } else if ratio.upper < 1 {
            self = .less
        } else if ratio.lower >= 1 - Self.sameWithin, ratio.upper <= 1 + Self.sameWithin {
            self = .same
        } else {
            self = .undecided
        }
    }
}
