import Glibc
import OCISpec

extension LimitPlan {
    /// What is written for one controller's v2 files (kernel documentation, admin-guide/cgroup-v2); controllers by
    /// their v1 names.
    func unifiedWrites(_ controller: String) throws(ControlGroupError) -> [ControlGroupWrite] {
        var writes: [ControlGroupWrite] = []
        func write(_ limit: ControlGroup.Limit, _ file: String, _ value: String?) {
            if let value { writes.append(ControlGroupWrite(limit: limit, file: file, value: value)) }
        }
        func amount(_ value: Int64) -> String { value < 0 ? "max" : String(value) }
        let cpu = resources.cpu
        switch controller {
        case "memory":
            try checkMemory()
            let memory = resources.memory
            if memory?.swappiness != nil {
                throw .unavailable(.swappiness, reason: "cgroup v2 has no swappiness of a group")
            }
            if memory?.disableOOMKiller == true {
                throw .unavailable(.oomControl, reason: "cgroup v2 cannot switch it off")
            }
            write(.memory, "memory.max", memory?.limit.map(amount))
            write(.memoryReservation, "memory.low", memory?.reservation.map { amount(max($0, 0)) })
            if let swap = memory?.swap { write(.swap, "memory.swap.max", try unifiedSwap(swap, memory?.limit)) }
        case "cpu":
            // A period alone limits nothing, and cpu.max cannot take it alone.
            if let quota = cpu?.quota {
                let limit = quota <= 0 ? "max" : String(quota)
                write(.cpuQuota, "cpu.max", cpu?.period.map { "\(limit) \($0)" } ?? limit)
            }
            write(.cpuShares, "cpu.weight", cpu?.shares.flatMap(Self.cpuWeight).map { String($0) })
            write(.cpuIdle, "cpu.idle", cpu?.idle.map { String($0) })
        case "cpuset":
            write(.cpuset, "cpuset.cpus", cpu?.cpus.flatMap { $0.isEmpty ? nil : $0 })
            write(.cpuset, "cpuset.mems", cpu?.mems.flatMap { $0.isEmpty ? nil : $0 })
        case "pids":
            write(.pids, "pids.max", resources.pids.map { $0.limit > 0 ? String($0.limit) : "max" })
        case "blkio":
            let block = resources.blockIO
            write(.blockIOWeight, "io.weight", block?.weight.flatMap(Self.ioWeight).map { "default \($0)" })
            for (list, key) in [
                (block?.throttleReadBpsDevice, "rbps"), (block?.throttleWriteBpsDevice, "wbps"),
                (block?.throttleReadIOPSDevice, "riops"), (block?.throttleWriteIOPSDevice, "wiops"),
            ] {
                for item in list ?? [] {
                    let rate = item.rate == 0 ? "max" : String(item.rate)
                    write(.blockIO, "io.max", "\(item.major):\(item.minor) \(key)=\(rate)")
                }
            }
        default: break
        }
        return writes
    }

    /// v1 counts memory and swap together, v2 swap alone.
    private func unifiedSwap(_ swap: Int64, _ limit: Int64?) throws(ControlGroupError) -> String {
        if swap < 0 { return "max" }
        guard let limit, limit > 0 else {
            throw .invalidValue(.swap, value: String(swap), reason: "needs a memory limit beside it")
        }
        return String(swap - limit)
    }

    /// The v2 weight (1 to 10000, usually 100) of v1 shares (2 to 262144, usually 1024): a quadratic curve through
    /// both scales' lowest, usual and highest values, in logarithms. 0 is "not set".
    static func cpuWeight(shares: UInt64) -> UInt64? {
        if shares == 0 { return nil }
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let l = log2(Double(shares))
        return UInt64(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34).rounded(.up))
    }

    /// The v2 weight (1 to 10000) of a v1 block weight (10 to 1000), linearly. 0 is "not set".
    static func ioWeight(_ weight: UInt16) -> UInt64? {
        if weight == 0 { return nil }
        return 1 + (UInt64(max(weight, 10)) - 10) * 9999 / 990
    }

    /// Files of cgroup v2 that are written as they are. Only those of controllers: `cgroup.procs` and its like would
    /// change the group itself.
    static func writes(settings: [String: String]) throws(ControlGroupError) -> [ControlGroupWrite] {
        var writes: [ControlGroupWrite] = []
        for (file, value) in settings.sorted(by: { $0.key < $1.key }) {
            let plain = file.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: ".")
                    || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            }
            guard plain, file.contains("."), !file.hasPrefix("."), !file.hasPrefix("cgroup.") else {
                throw .invalidValue(.unified, value: value, reason: "\"\(file)\" is no file of a cgroup v2 controller")
            }
            for line in value.split(separator: "\n") {
                writes.append(ControlGroupWrite(limit: .unified, file: file, value: String(line)))
            }
        }
        return writes
    }
}
