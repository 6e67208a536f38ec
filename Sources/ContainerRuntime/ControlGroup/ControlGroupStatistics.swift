/// What the processes of a control group use now and have used. Nil is what this host's groups do not tell.
public struct ControlGroupStatistics: Sendable, Codable, Equatable {
    /// Bytes of memory in use, with the page cache.
    public var memoryUsage: UInt64?
    /// Bytes of memory allowed; nil also where there is no limit.
    public var memoryLimit: UInt64?
    /// Most bytes ever in use.
    public var memoryPeak: UInt64?
    /// Bytes of page cache.
    public var memoryCache: UInt64?
    /// Bytes of page cache that is not in use and could go at once.
    public var memoryInactiveFile: UInt64?
    /// Processes that the OOM killer ended.
    public var oomKills: UInt64?
    /// Nanoseconds of CPU time.
    public var cpuTotal: UInt64?
    /// Nanoseconds of CPU time in user mode.
    public var cpuUser: UInt64?
    /// Nanoseconds of CPU time in the kernel.
    public var cpuSystem: UInt64?
    /// Nanoseconds for which the CPU limit held it back.
    public var cpuThrottled: UInt64?
    /// Processes and threads.
    public var pids: UInt64?
    /// Processes and threads allowed; nil also where there is no limit.
    public var pidsLimit: UInt64?
    /// Bytes read from block devices.
    public var blockRead: UInt64?
    /// Bytes written to block devices.
    public var blockWritten: UInt64?

    /// Makes one that knows nothing.
    public init() {}

    /// Bytes in use without the cache that could go at once: what people call memory usage.
    public var memoryWorkingSet: UInt64? {
        memoryUsage.map { $0 - min($0, memoryInactiveFile ?? 0) }
    }
}

extension ControlGroup {
    /// Processes that the OOM killer ended; nil where this host's groups do not tell.
    public var oomKills: UInt64? {
        if let memory = directory(of: "memory") { return keyed(memory + "/memory.oom_control")["oom_kill"] }
        return unified.flatMap { keyed($0 + "/memory.events")["oom_kill"] }
    }

    /// Reads the counters.
    public func stats() -> ControlGroupStatistics {
        var result = ControlGroupStatistics()
        result.oomKills = oomKills
        if let unified { result.readUnified(unified) }
        if let memory = directory(of: "memory") { result.readLegacyMemory(memory) }
        if let cpu = directory(of: "cpuacct") {
            result.cpuTotal = number(cpu + "/cpuacct.usage")
            result.cpuUser = number(cpu + "/cpuacct.usage_user")
            result.cpuSystem = number(cpu + "/cpuacct.usage_sys")
        }
        if let cpu = directory(of: "cpu") {
            result.cpuThrottled = keyed(cpu + "/cpu.stat")["throttled_time"]
        }
        if let pids = directory(of: "pids") {
            result.pids = number(pids + "/pids.current")
            result.pidsLimit = number(pids + "/pids.max")
        }
        if let block = directory(of: "blkio") {
            let text = text(block + "/blkio.throttle.io_service_bytes_recursive")
            result.blockRead = 0
            result.blockWritten = 0
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count == 3, let bytes = UInt64(fields[2]) else { continue }
                if fields[1] == "Read" { result.blockRead = (result.blockRead ?? 0) &+ bytes }
                if fields[1] == "Write" { result.blockWritten = (result.blockWritten ?? 0) &+ bytes }
            }
        }
        return result
    }
}

extension ControlGroupStatistics {
    fileprivate mutating func readLegacyMemory(_ directory: String) {
        memoryUsage = number(directory + "/memory.usage_in_bytes")
        memoryPeak = number(directory + "/memory.max_usage_in_bytes")
        // Without a limit it is the highest multiple of the page size.
        memoryLimit = number(directory + "/memory.limit_in_bytes").flatMap { $0 > UInt64(Int64.max) - 65536 ? nil : $0 }
        let values = keyed(directory + "/memory.stat")
        memoryCache = values["total_cache"] ?? values["cache"]
        memoryInactiveFile = values["total_inactive_file"] ?? values["inactive_file"]
    }

    fileprivate mutating func readUnified(_ directory: String) {
        memoryUsage = number(directory + "/memory.current")
        memoryPeak = number(directory + "/memory.peak")
        memoryLimit = number(directory + "/memory.max")
        let memory = keyed(directory + "/memory.stat")
        memoryCache = memory["file"]
        memoryInactiveFile = memory["inactive_file"]
        let cpu = keyed(directory + "/cpu.stat")
        cpuTotal = cpu["usage_usec"].map { $0 &* 1000 }
        cpuUser = cpu["user_usec"].map { $0 &* 1000 }
        cpuSystem = cpu["system_usec"].map { $0 &* 1000 }
        cpuThrottled = cpu["throttled_usec"].map { $0 &* 1000 }
        pids = number(directory + "/pids.current")
        pidsLimit = number(directory + "/pids.max")
        guard let io = try? KernelFile.read(directory + "/io.stat") else { return }
        blockRead = 0
        blockWritten = 0
        for field in io.split(whereSeparator: \.isWhitespace) {
            let pair = field.split(separator: "=")
            guard pair.count == 2, let bytes = UInt64(pair[1]) else { continue }
            if pair[0] == "rbytes" { blockRead = (blockRead ?? 0) &+ bytes }
            if pair[0] == "wbytes" { blockWritten = (blockWritten ?? 0) &+ bytes }
        }
    }
}

/// A counter's file, empty where there is none: the value is then unknown.
private func text(_ path: String) -> String {
    (try? KernelFile.read(path)) ?? ""
}

private func number(_ path: String) -> UInt64? {
    UInt64(text(path).prefix { !$0.isWhitespace })
}

private func keyed(_ path: String) -> [Substring: UInt64] {
    var values: [Substring: UInt64] = [:]
    for line in text(path).split(separator: "\n") {
        let fields = line.split(separator: " ")
        if fields.count == 2, let value = UInt64(fields[1]) { values[fields[0]] = value }
    }
    return values
}
