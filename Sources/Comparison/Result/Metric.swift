/// What is measured of a run. Times are nanoseconds, sizes bytes, everything else a number.
public enum Metric: String, Codable, Sendable, CaseIterable {
    /// From the command's start to its end.
    case wall
    /// From the command's start until its last process on the host had ended; a side may clear away after its end.
    case settled
    /// What the workload itself says that one operation took, in nanoseconds.
    case reported
    /// Processor time of everything on the host that the run needed.
    case cpu
    /// Processor time of the workload alone, as its control group counts it: the host's, or the guest's.
    case workloadCpu
    /// The most memory that was in use at once.
    case peakMemory
    /// The most memory at once when what is shared is split among those who share it.
    case proportionalMemory
    /// Page faults of everything on the host.
    case pageFaults
    /// Bytes read from disks.
    case readBytes
    /// Bytes written to disks.
    case writtenBytes
    /// How often a guest's processors left it.
    case exits
    /// Calls of a guest's kernel to what is below it.
    case hypercalls
    /// Instructions of a guest that KVM did in place of the processor.
    case interpreted

    /// What the numbers are.
    public enum Kind: Sendable {
        case time, bytes, count
    }

    /// What the numbers are.
    public var kind: Kind {
        switch self {
        case .wall, .settled, .reported, .cpu, .workloadCpu: .time
        case .peakMemory, .proportionalMemory, .readBytes, .writtenBytes: .bytes
        case .pageFaults, .exits, .hypercalls, .interpreted: .count
        }
    }

    /// What is counted, in a sentence for people.
    public var meaning: String {
        switch self {
        case .wall: "From before the command was started until it had ended."
        case .settled: "Until the last process of the run on the host had ended, and nothing was left."
        case .reported: "As the workload says, by its own clock."
        case .cpu: "Of every process that the run needed on the host, a machine monitor and its guest included."
        case .workloadCpu: "As its control group counts it: on the host, or in the guest by the guest's clock."
        case .peakMemory: "Resident memory of all processes of the run; what they share counts in each."
        case .proportionalMemory: "As above, but what is shared is split among those who share it."
        case .pageFaults: "Of every process of the run on the host; those that a guest handles itself are not seen."
        case .readBytes: "From disks; what the host had in its cache costs nothing."
        case .writtenBytes: "For disks."
        case .exits: "How often a processor left the guest, as KVM counts it."
        case .hypercalls: "Calls of the guest's kernel to what is below it."
        case .interpreted: "Instructions of the guest that KVM did in the processor's place."
        }
    }

    /// What is the sum over all processes of a run, and nothing where some of them are a daemon's.
    public static let ofProcesses: [Metric] = [.settled, .cpu, .pageFaults, .readBytes, .writtenBytes]

    /// A title for people.
    public var title: String {
        switch self {
        case .wall: "wall time"
        case .settled: "time until nothing was left"
        case .reported: "time of one operation"
        case .cpu: "processor time"
        case .workloadCpu: "processor time of the workload"
        case .peakMemory: "peak memory"
        case .proportionalMemory: "proportional memory"
        case .pageFaults: "page faults"
        case .readBytes: "bytes read"
        case .writtenBytes: "bytes written"
        case .exits: "exits of the guest"
        case .hypercalls: "hypercalls"
        case .interpreted: "interpreted instructions"
        }
    }
}

/// The numbers of one run.
public struct Measurements: Sendable, Equatable {
    private var values: [Metric: Double] = [:]

    /// Makes an empty set.
    public init() {}

    /// The number of a metric; nil where it was not measured.
    public subscript(metric: Metric) -> Double? {
        get { values[metric] }
        set { values[metric] = newValue }
    }

    /// What was measured, in the order of the metrics.
    public var metrics: [Metric] { Metric.allCases.filter { values[$0] != nil } }
}

/// As JSON: an object with a member a metric.
extension Measurements: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads it; metrics of a later version are passed over.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for metric in Metric.allCases {
            values[metric] = try container.decodeIfPresent(Double.self, forKey: Key(stringValue: metric.rawValue))
        }
    }

    /// Writes it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for metric in metrics {
            try container.encodeIfPresent(values[metric], forKey: Key(stringValue: metric.rawValue))
        }
    }
}
