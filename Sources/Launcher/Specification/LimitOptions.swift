import CommandLineOptions
import OCISpec

/// Limits of resources as they were asked for; what is nil was not.
public struct LimitOptions: Sendable, Equatable {
    /// Bytes.
    public var memory: Int64?
    /// Bytes of memory and swap together; -1 for no limit of swap.
    public var memorySwap: Int64?
    /// Bytes.
    public var memoryReservation: Int64?
    /// 0 to 100.
    public var swappiness: UInt64?
    /// Whether the OOM killer stays out.
    public var disablesOOMKiller = false
    /// Weight of processor time.
    public var cpuShares: UInt64?
    /// Microseconds of each period.
    public var cpuQuota: Int64?
    /// Microseconds.
    public var cpuPeriod: UInt64?
    /// Processors, as a list.
    public var cpusetCPUs: String?
    /// Memory nodes, as a list.
    public var cpusetMems: String?
    /// Processes and threads; -1 for no limit.
    public var pids: Int64?
    /// Weight of disk access.
    public var blockWeight: UInt16?
    /// Rates of block devices, by their path on the host.
    public var rates: [Rate] = []
    /// -1000 to 1000.
    public var oomScore: Int?
    /// Limits of setrlimit(2).
    public var resourceLimits: [Spec.ResourceLimit] = []
    /// The parent of the control group.
    public var controlGroupParent: String?

    /// The least memory that a container can be given, in bytes: Docker's.
    static let leastMemory: Int64 = 6 << 20

    /// Makes no limits.
    public init() {}

    /// A block device's rate.
    public struct Rate: Sendable, Equatable {
        /// What is limited.
        public enum Kind: String, Sendable, CaseIterable {
            case readBytes = "--device-read-bps"
            case writeBytes = "--device-write-bps"
            case reads = "--device-read-iops"
            case writes = "--device-write-iops"
        }

        /// What is limited.
        public var kind: Kind
        /// The device, on the host.
        public var device: String
        /// A second.
        public var rate: UInt64
    }

    mutating func read(_ arguments: Arguments, _ surroundings: Surroundings) throws {
        try readMemory(arguments)
        try readProcessors(arguments, surroundings)
        if let limit = try arguments.parsed(
            "--pids-limit",
            { text throws(Unacceptable) in
                try Quantity.integer(text, in: -1...Int64(4_194_304))
            })
        {
            pids = limit == 0 ? -1 : limit
        }
        if let weight = try arguments.parsed(
            "--blkio-weight",
            { text throws(Unacceptable) in
                try Quantity.integer(text, in: 0...UInt16(1000))
            })
        {
            if (1..<10).contains(weight) {
                throw InvalidOption(
                    option: "--blkio-weight", value: "\(weight)", reason: "it should be from 10 to 1000")
            }
            blockWeight = weight == 0 ? nil : weight
        }
        for kind in Rate.Kind.allCases {
            rates += try arguments.allParsed(kind.rawValue) { text throws(Unacceptable) in try Self.rate(text, kind) }
        }
        oomScore =
            try arguments.parsed("--oom-score-adj") { text throws(Unacceptable) in
                try Quantity.integer(text, in: -1000...1000)
            } ?? oomScore
        for limit in try arguments.allParsed("--ulimit", Self.resourceLimit) {
            resourceLimits.removeAll { $0.type == limit.type }
            resourceLimits.append(limit)
        }
        controlGroupParent = try arguments.parsed("--cgroup-parent", Self.parent) ?? controlGroupParent
    }

    private mutating func readMemory(_ arguments: Arguments) throws {
        memory = try arguments.parsed("--memory", Self.memory) ?? memory
        memorySwap = try arguments.parsed("--memory-swap", Quantity.bytesOrUnlimited) ?? memorySwap
        memoryReservation = try arguments.parsed("--memory-reservation", Self.memory) ?? memoryReservation
        swappiness =
            try arguments.parsed("--memory-swappiness") { text throws(Unacceptable) in
                let value = try Quantity.integer(text, in: -1...100)
                return value < 0 ? nil : UInt64(value)
            } ?? swappiness
        disablesOOMKiller = arguments.has("--oom-kill-disable")
        if memorySwap == 0 { memorySwap = nil }
        if let memorySwap, memorySwap >= 0 {
            guard let memory else { throw UnusableOptions("--memory-swap needs --memory") }
            if memorySwap < memory {
                throw UnusableOptions("--memory-swap is memory and swap together, so it cannot be less than --memory")
            }
        }
        if let memory, let memoryReservation, memoryReservation > memory {
            throw UnusableOptions("--memory-reservation cannot be more than --memory")
        }
    }

    private mutating func readProcessors(_ arguments: Arguments, _ surroundings: Surroundings) throws {
        let processors = try arguments.parsed("--cpus") { text throws(Unacceptable) in
            try Quantity.processors(text, available: surroundings.processors)
        }
        let quota = try arguments.parsed("--cpu-quota") { text throws(Unacceptable) in
            try Quantity.integer(text, in: -1...Int64.max / 1000)
        }
        let period = try arguments.parsed("--cpu-period") { text throws(Unacceptable) in
            try Quantity.integer(text, in: 0...UInt64(1_000_000))
        }
        if processors != nil, quota != nil || period != nil {
            throw UnusableOptions("--cpus already says --cpu-quota and --cpu-period: give one or the others")
        }
        if let quota, (1..<1000).contains(quota) {
            throw InvalidOption(option: "--cpu-quota", value: "\(quota)", reason: "it should be at least 1000")
        }
        if let period, (1..<1000).contains(period) {
            throw InvalidOption(option: "--cpu-period", value: "\(period)", reason: "it should be at least 1000")
        }
        if let processors {
            take(processors: processors)
        } else if quota != nil || period != nil {
            (cpuQuota, cpuPeriod) = (quota == 0 ? nil : quota, period == 0 ? nil : period)
        }
        if let shares = try arguments.parsed(
            "--cpu-shares",
            { text throws(Unacceptable) in
                try Quantity.integer(text, in: 0...UInt64(262_144))
            })
        {
            cpuShares = shares == 0 ? nil : max(2, shares)
        }
        cpusetCPUs = try arguments.parsed("--cpuset-cpus", Quantity.list) ?? cpusetCPUs
        cpusetMems = try arguments.parsed("--cpuset-mems", Quantity.list) ?? cpusetMems
    }

    /// - Parameter quota: what `Quantity.processors` makes of `--cpus`; 0 for no limit.
    mutating func take(processors quota: Int64) {
        (cpuQuota, cpuPeriod) = quota == 0 ? (nil, nil) : (quota, Quantity.processorPeriod)
    }

    static func memory(_ text: String) throws(Unacceptable) -> Int64? {
        let bytes = try Quantity.bytes(text)
        if bytes == 0 { return nil }
        if bytes < leastMemory { throw "the least is 6m" }
        return bytes
    }

    static func rate(_ text: String, _ kind: Rate.Kind) throws(Unacceptable) -> Rate {
        guard let colon = text.lastIndex(of: ":") else { throw "it should be DEVICE:RATE" }
        let device = try MountOption.absolute(String(text[..<colon]))
        let number = String(text[text.index(after: colon)...])
        let rate: UInt64
        switch kind {
        case .readBytes, .writeBytes: rate = UInt64(try Quantity.bytes(number))
        case .reads, .writes: rate = try Quantity.integer(number, in: 0...UInt64(UInt32.max))
        }
        return Rate(kind: kind, device: device, rate: rate)
    }

    static func parent(_ text: String) throws(Unacceptable) -> String {
        let parts = text.split(separator: "/")
        guard !parts.isEmpty, !parts.contains(".."), !parts.contains("."), !text.contains("\n") else {
            throw "it should be a path below the control groups' root, without '..'"
        }
        return (text.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    private static let resourceNames: Set<String> = [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
        "rtprio", "rttime", "sigpending", "stack",
    ]

    /// `nofile=1024:2048`; -1 is no limit.
    static func resourceLimit(_ text: String) throws(Unacceptable) -> Spec.ResourceLimit {
        let (name, value) = try Quantity.pair(text)
        guard resourceNames.contains(name) else {
            throw "'\(InvalidOption.shown(name))' is none of \(resourceNames.sorted().joined(separator: ", "))"
        }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { throw "it should be NAME=SOFT[:HARD]" }
        var limits: [UInt64] = []
        for part in parts {
            if part == "-1" {
                limits.append(.max)
            } else {
                limits.append(try Quantity.integer(part, in: 0...UInt64.max))
            }
        }
        guard let soft = limits.first, let hard = limits.last else { throw "it should be NAME=SOFT[:HARD]" }
        if soft > hard { throw "the soft limit is above the hard one" }
        return Spec.ResourceLimit(type: "RLIMIT_" + name.uppercased(), hard: hard, soft: soft)
    }
}
