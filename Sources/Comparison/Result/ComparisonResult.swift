import JSON

/// All that a comparison measured, as its result file has it (docs/comparison.md). Everything that is concluded from it
/// is computed again when it is shown.
public struct ComparisonResult: Codable, Sendable, Equatable {
    /// The format's name and version.
    public static let schema = "hull-compare/1"

    /// The format's name and version.
    public var schema = Self.schema
    /// What is compared, in a few words.
    public var title: String
    /// When it began (RFC 3339, UTC).
    public var began: String
    /// Where the random numbers started.
    public var seed: UInt64
    /// How it was measured.
    public var settings: Settings
    /// Where it was measured.
    public var environment: HostEnvironment
    /// What was compared; the first is what the others are measured by.
    public var sides: [Side]
    /// What was run.
    public var workloads: [WorkloadResult]
    /// Programs that were asked for and could not take part.
    public var leftOut: [LeftOut]?

    /// A program that could not take part.
    public struct LeftOut: Codable, Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Why.
        public var reason: String

        /// Makes one.
        public init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// Makes a result.
    public init(
        title: String, began: String, seed: UInt64, settings: Settings, environment: HostEnvironment, sides: [Side],
        workloads: [WorkloadResult] = []
    ) {
        self.title = title
        self.began = began
        self.seed = seed
        self.settings = settings
        self.environment = environment
        self.sides = sides
        self.workloads = workloads
    }

    /// Whether somebody pressed Ctrl-C before the end.
    public var isInterrupted: Bool { workloads.contains { $0.stopped == .interrupted } }

    /// How it was measured.
    public struct Settings: Codable, Sendable, Equatable {
        /// The number of rounds, where it was fixed.
        public var rounds: Int?
        /// The time for a workload's rounds, in nanoseconds.
        public var time: Int64
        /// Rounds before the first that counts.
        public var warmups: Int
        /// How narrow the intervals were to be.
        public var precision: Double
        /// The options of `hull run` for all sides.
        public var options: [String]

        /// Makes settings.
        public init(rounds: Int?, time: Int64, warmups: Int, precision: Double, options: [String] = []) {
            self.rounds = rounds
            self.time = time
            self.warmups = warmups
            self.precision = precision
            self.options = options
        }
    }
}

/// One of the things that are compared.
public struct Side: Codable, Sendable, Equatable {
    /// Its name: `container`, `vm`, `crun`.
    public var name: String
    /// The program and its version.
    public var program: String
    /// The exact command, without what names one run.
    public var command: [String]

    /// Makes a side.
    public init(name: String, program: String, command: [String]) {
        self.name = name
        self.program = program
        self.command = command
    }
}

/// A workload and its runs.
public struct WorkloadResult: Codable, Sendable, Equatable {
    /// Its name.
    public var name: String
    /// A sentence that says what it shows.
    public var shows: String?
    /// The image's reference.
    public var image: String
    /// The image's digest.
    public var digest: String
    /// The command; empty for the image's own.
    public var command: [String]
    /// What is compared first.
    public var measure: Metric
    /// What one operation is, where the workload reports its time: `system call`.
    public var operation: String?
    /// Why there were no more rounds.
    public var stopped: StoppingRule.Reason
    /// How long its rounds took, in nanoseconds.
    public var elapsed: Int64
    /// All runs that count, in the order in which they were made.
    public var runs: [Run]
    /// Further runs that were looked at while they ran, and not timed: memory, and what machines count.
    public var observedRuns: [Run]

    /// Makes a workload without runs.
    public init(
        name: String, shows: String? = nil, image: String, digest: String, command: [String],
        measure: Metric = .wall, operation: String? = nil, stopped: StoppingRule.Reason = .interrupted,
        elapsed: Int64 = 0, runs: [Run] = [], observedRuns: [Run] = []
    ) {
        self.name = name
        self.shows = shows
        self.image = image
        self.digest = digest
        self.command = command
        self.measure = measure
        self.operation = operation
        self.stopped = stopped
        self.elapsed = elapsed
        self.runs = runs
        self.observedRuns = observedRuns
    }
}
