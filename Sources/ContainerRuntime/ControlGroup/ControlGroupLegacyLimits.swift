import OCISpec

extension LimitPlan {
    /// What is written for one controller's v1 files (kernel documentation, admin-guide/cgroup-v1).
    func legacyWrites(_ controller: String) throws(ControlGroupError) -> [ControlGroupWrite] {
        var writes: [ControlGroupWrite] = []
        func write(_ limit: ControlGroup.Limit, _ file: String, _ value: String?, refusable: Bool = false) {
            guard let value else { return }
            writes.append(ControlGroupWrite(limit: limit, file: file, value: value, mayBeRefused: refusable))
        }
        let cpu = resources.cpu
        switch controller {
        case "memory":
            try checkMemory()
            let memory = resources.memory
            write(.memory, "memory.limit_in_bytes", memory?.limit.map { String($0) })
            // Lifting the limit of swap needs no file where swap is not counted.
            write(
                .swap, "memory.memsw.limit_in_bytes", memory?.swap.map { String($0) },
                refusable: (memory?.swap ?? 0) < 0)
            write(.memoryReservation, "memory.soft_limit_in_bytes", memory?.reservation.map { String($0) })
            write(.swappiness, "memory.swappiness", memory?.swappiness.map { String($0) })
            if memory?.disableOOMKiller == true { write(.oomControl, "memory.oom_control", "1") }
        case "cpu":
            write(.cpuQuota, "cpu.cfs_period_us", cpu?.period.map { String($0) })
            write(.cpuQuota, "cpu.cfs_quota_us", cpu?.quota.map { String($0) })
            write(.cpuShares, "cpu.shares", cpu?.shares.map { String($0) })
            write(.cpuIdle, "cpu.idle", cpu?.idle.map { String($0) })
        case "cpuset":
            write(.cpuset, "cpuset.cpus", cpu?.cpus.flatMap { $0.isEmpty ? nil : $0 })
            write(.cpuset, "cpuset.mems", cpu?.mems.flatMap { $0.isEmpty ? nil : $0 })
        case "pids":
            write(.pids, "pids.max", resources.pids.map { $0.limit > 0 ? String($0.limit) : "max" })
        case "blkio":
            let block = resources.blockIO
            write(.blockIOWeight, "blkio.bfq.weight", block?.weight.map { String($0) })
            for (list, file) in [
                (block?.throttleReadBpsDevice, "read_bps"), (block?.throttleWriteBpsDevice, "write_bps"),
                (block?.throttleReadIOPSDevice, "read_iops"), (block?.throttleWriteIOPSDevice, "write_iops"),
            ] {
                for item in list ?? [] {
                    write(.blockIO, "blkio.throttle.\(file)_device", "\(item.major):\(item.minor) \(item.rate)")
                }
            }
        case "devices":
            for line in devices?.legacyLines ?? [] {
                write(.devices, line.allow ? "devices.allow" : "devices.deny", line.text, refusable: line.isDefault)
            }
        default: break
        }
        return writes
    }

    /// What no kernel takes, told before anything is touched.
    func checkMemory() throws(ControlGroupError) {
        guard let memory = resources.memory else { return }
        if let limit = memory.limit, let swap = memory.swap, limit > 0, swap > 0, swap < limit {
            throw .invalidValue(
                .swap, value: String(swap),
                reason: "memory and swap together cannot be less than the memory of \(limit)")
        }
        if let swappiness = memory.swappiness, swappiness > 100 {
            throw .invalidValue(.swappiness, value: String(swappiness), reason: "must be 0 to 100")
        }
    }
}
