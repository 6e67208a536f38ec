import ContainerRuntime
import Glibc
import JSON
import LinuxSystem

/// What a container used between two looks, as a row of `hull stats`.
public struct UsageSample: Sendable {
    /// The headings of the rows.
    public static let headings = ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "BLOCK I/O", "PIDS"]

    private let id: String
    private let name: String
    private let now: ControlGroupStatistics
    private let cpuShare: Double

    /// Makes a sample.
    ///
    /// - Parameters:
    ///   - before: the look before; nil for the first, which knows no CPU share.
    ///   - elapsed: nanoseconds between the two.
    public init(
        id: String, name: String, before: ControlGroupStatistics?, now: ControlGroupStatistics, elapsed: Int64
    ) {
        self.id = id
        self.name = name
        self.now = now
        if let earlier = before?.cpuTotal, let later = now.cpuTotal, later >= earlier, elapsed > 0 {
            cpuShare = Double(later - earlier) / Double(elapsed) * 100
        } else {
            cpuShare = 0
        }
    }

    private var limit: UInt64 { now.memoryLimit ?? Self.hostMemory }

    private static var hostMemory: UInt64 {
        UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
    }

    private var memoryShare: Double {
        limit == 0 ? 0 : Double(now.memoryWorkingSet ?? 0) / Double(limit) * 100
    }

    /// What a host does not tell is `--`.
    private func shown(_ value: UInt64?, _ format: (UInt64) -> String) -> String { value.map(format) ?? "--" }

    private var memory: String {
        shown(now.memoryWorkingSet, HumanUnits.binary) + " / " + HumanUnits.binary(limit)
    }

    private var block: String {
        shown(now.blockRead, HumanUnits.decimal) + " / " + shown(now.blockWritten, HumanUnits.decimal)
    }

    /// The cells of the row.
    public var row: [String] {
        [
            String(id.prefix(12)), name, HumanUnits.percentage(cpuShare), memory, HumanUnits.percentage(memoryShare),
            block, shown(now.pids) { "\($0)" },
        ]
    }

    /// The row as Docker's JSON.
    public var json: JSONValue {
        [
            "ID": .string(String(id.prefix(12))), "Name": .string(name), "Container": .string(String(id.prefix(12))),
            "CPUPerc": .string(HumanUnits.percentage(cpuShare)), "MemUsage": .string(memory),
            "MemPerc": .string(HumanUnits.percentage(memoryShare)), "BlockIO": .string(block),
            "PIDs": .string(shown(now.pids) { "\($0)" }),
        ]
    }
}
