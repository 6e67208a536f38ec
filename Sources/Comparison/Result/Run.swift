/// One run of one side.
public struct Run: Codable, Sendable, Equatable {
    /// The side's name.
    public var side: String
    /// The round, from 1.
    public var round: Int
    /// Its place in the round, from 1.
    public var position: Int
    /// The exit status of the side's command; 128 and the number of the signal that ended it.
    public var exitCode: Int
    /// What it wrote on standard output.
    public var output: Output
    /// What it wrote on standard error.
    public var errors: Output
    /// The numbers.
    public var measurements: Measurements
    /// When what happened, in the order of time.
    public var marks: [Mark]
    /// What a machine counted, by name: `kvm.exits`, `exit.store`. Nil where nothing was.
    public var counters: [String: Double]?

    /// Makes a run.
    public init(
        side: String, round: Int, position: Int, exitCode: Int, output: Output = Output(), errors: Output = Output(),
        measurements: Measurements = Measurements(), marks: [Mark] = [], counters: [String: Double]? = nil
    ) {
        self.side = side
        self.round = round
        self.position = position
        self.exitCode = exitCode
        self.output = output
        self.errors = errors
        self.measurements = measurements
        self.marks = marks
        self.counters = counters
    }

    /// What came out of a stream: enough to tell whether two are the same, and to show where they are not.
    public struct Output: Codable, Sendable, Equatable {
        /// How many bytes there were.
        public var bytes: Int
        /// The digest of all of them, `sha256:…`; empty for none.
        public var digest: String
        /// The first of them as text.
        public var start: String

        /// Makes one.
        public init(bytes: Int = 0, digest: String = "", start: String = "") {
            self.bytes = bytes
            self.digest = digest
            self.start = start
        }

        /// The most bytes of `start`.
        public static let startLimit = 2048
    }

    /// A moment of a run.
    public struct Mark: Codable, Sendable, Equatable {
        /// What had happened then.
        public var name: Moment
        /// Nanoseconds since the command was started.
        public var at: Double

        /// Makes a mark.
        public init(_ name: Moment, at: Double) {
            self.name = name
            self.at = at
        }
    }
}

/// The moments of a run that are marked, in the order in which they happen.
public enum Moment: String, Codable, Sendable, CaseIterable {
    /// The command line is understood, and the image with all its layers found.
    case image
    /// The files of the run are there.
    case prepared
    /// The machine is made and its monitor shut in: the guest begins.
    case machine
    /// The guest is booted or restored, and its agent answers.
    case guest
    /// The sandbox is there and the workload waits.
    case created
    /// The workload was executed.
    case started
    /// The first byte of its output arrived.
    case firstByte
    /// Its first process ended.
    case exited
    /// The command ended.
    case ended
    /// What there was of it on the host is removed.
    case cleaned

    /// What the time up to this moment was spent with.
    public var phase: String {
        switch self {
        case .image: "find the image"
        case .prepared: "prepare"
        case .machine: "make the machine"
        case .guest: "boot or restore"
        case .created: "create"
        case .started: "start"
        case .firstByte: "first output"
        case .exited: "run"
        case .ended: "end"
        case .cleaned: "clean up"
        }
    }

    /// The phase in a sentence.
    public var meaning: String {
        switch self {
        case .image: "until the command is understood and the image found"
        case .prepared: "until the files of the run are there"
        case .machine: "until the monitor has made the machine and is shut in"
        case .guest: "until the guest is booted or restored and its agent answers"
        case .created: "until the sandbox is made: namespaces and mounts, on the host or in the guest"
        case .started: "until the workload is executed"
        case .firstByte: "until the first byte of its output"
        case .exited: "until its first process has ended"
        case .ended: "until the command itself has ended"
        case .cleaned: "until nothing of it is left on the host"
        }
    }
}
