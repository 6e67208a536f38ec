import OCISpec

extension SpecBuilder {
    /// Limits and the rules about devices.
    func resources(hasUsers: Bool) throws -> Spec.Resources? {
        let limits = options.limits
        var resources = Spec.Resources()
        resources.devices = try deviceRules(hasUsers: hasUsers)
        var memory = Spec.Resources.Memory()
        memory.limit = limits.memory
        // As Docker: as much swap as memory.
        memory.swap =
            limits.memorySwap
            ?? limits.memory.map { $0.multipliedReportingOverflow(by: 2) }
            .flatMap { $0.overflow ? nil : $0.partialValue }
        memory.reservation = limits.memoryReservation
        memory.swappiness = limits.swappiness
        memory.disableOOMKiller = limits.disablesOOMKiller ? true : nil
        if memory != Spec.Resources.Memory() { resources.memory = memory }
        var cpu = Spec.Resources.CPU()
        cpu.shares = limits.cpuShares
        cpu.quota = limits.cpuQuota
        cpu.period = limits.cpuPeriod
        cpu.cpus = limits.cpusetCPUs
        cpu.mems = limits.cpusetMems
        if cpu != Spec.Resources.CPU() { resources.cpu = cpu }
        if let pids = limits.pids { resources.pids = Spec.Resources.Pids(limit: pids) }
        resources.blockIO = try blockLimits()
        return resources == Spec.Resources() ? nil : resources
    }

    private func blockLimits() throws -> Spec.Resources.BlockIO? {
        var block = Spec.Resources.BlockIO()
        block.weight = options.limits.blockWeight
        for rate in options.limits.rates {
            guard let status = NodeStatus(following: rate.device), status.isBlockDevice else {
                throw InvalidOption(
                    option: rate.kind.rawValue, value: rate.device, reason: "it is no block device of this host")
            }
            let throttle = Spec.Resources.Throttle(major: status.major, minor: status.minor, rate: rate.rate)
            switch rate.kind {
            case .readBytes: block.throttleReadBpsDevice = (block.throttleReadBpsDevice ?? []) + [throttle]
            case .writeBytes: block.throttleWriteBpsDevice = (block.throttleWriteBpsDevice ?? []) + [throttle]
            case .reads: block.throttleReadIOPSDevice = (block.throttleReadIOPSDevice ?? []) + [throttle]
            case .writes: block.throttleWriteIOPSDevice = (block.throttleWriteIOPSDevice ?? []) + [throttle]
            }
        }
        return block == Spec.Resources.BlockIO() ? nil : block
    }

    private typealias Rule = Spec.Resources.DeviceRule

    /// Nodes of all kinds may be made, but only the harmless ones opened (the runtime-spec's default devices).
    private static let standardRules: [Spec.Resources.DeviceRule] = [
        Rule(allow: false, access: "rwm"), Rule(allow: true, type: "c", access: "m"),
        Rule(allow: true, type: "b", access: "m"),
        // null, zero, full, random, urandom, tty, console, ptmx, and all of devpts
        Rule(allow: true, type: "c", major: 1, minor: 3, access: "rwm"),
        Rule(allow: true, type: "c", major: 1, minor: 5, access: "rwm"),
        Rule(allow: true, type: "c", major: 1, minor: 7, access: "rwm"),
        Rule(allow: true, type: "c", major: 1, minor: 8, access: "rwm"),
        Rule(allow: true, type: "c", major: 1, minor: 9, access: "rwm"),
        Rule(allow: true, type: "c", major: 5, minor: 0, access: "rwm"),
        Rule(allow: true, type: "c", major: 5, minor: 1, access: "rwm"),
        Rule(allow: true, type: "c", major: 5, minor: 2, access: "rwm"),
        Rule(allow: true, type: "c", major: 136, access: "rwm"),
    ]

    private func deviceRules(hasUsers: Bool) throws -> [Spec.Resources.DeviceRule]? {
        // An ordinary user may not set rules, and needs none: devices are the host's, with the host's permissions.
        if host.isRootless { return nil }
        if options.security.privileged { return [Rule(allow: true, access: "rwm")] }
        var rules = Self.standardRules
        for device in try requestedDevices() {
            let node = device.node
            rules.append(
                Rule(allow: true, type: node.type, major: node.major, minor: node.minor, access: device.access))
        }
        return rules + options.deviceRules
    }
}
