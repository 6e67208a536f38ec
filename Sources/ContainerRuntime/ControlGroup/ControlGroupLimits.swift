import Glibc
import LinuxSystem
import OCISpec

/// One value for one file of a control group.
struct ControlGroupWrite: Equatable {
    let limit: ControlGroup.Limit
    let file: String
    let value: String
    /// Nothing is lost where the kernel refuses: the group above forbids it already, or there is nothing to lift.
    var mayBeRefused = false
}

/// What must be written where for a set of limits. Pure: tells, but does nothing.
struct LimitPlan {
    /// The controllers, in the order in which they are set.
    let needs: [ControlGroup.Need]
    /// The limits.
    let resources: Spec.Resources
    /// The list of devices; nil leaves it.
    let devices: DeviceRules?

    init(resources: Spec.Resources, settingDevices: Bool) {
        self.resources = resources
        devices = settingDevices ? DeviceRules(resources.devices) : nil
        let cpu = resources.cpu
        let memory = resources.memory
        let block = resources.blockIO
        var needs: [ControlGroup.Need] = []
        func need(_ controller: String, _ limits: [(Bool, ControlGroup.Limit)], always: Bool = false) {
            let limit = limits.first { $0.0 }?.1
            if limit != nil || always { needs.append(.init(controller: controller, limit: limit)) }
        }
        need("cpuset", [(cpu?.cpus?.isEmpty == false || cpu?.mems?.isEmpty == false, .cpuset)])
        need(
            "cpu",
            [
                (cpu?.quota != nil || cpu?.period != nil, .cpuQuota), (cpu?.shares != nil, .cpuShares),
                (cpu?.idle != nil, .cpuIdle),
            ])
        need("cpuacct", [], always: true)
        need(
            "memory",
            [
                (memory?.limit != nil, .memory), (memory?.swap != nil, .swap),
                (memory?.reservation != nil, .memoryReservation), (memory?.swappiness != nil, .swappiness),
                (memory?.disableOOMKiller == true, .oomControl),
            ], always: true)
        need("pids", [(resources.pids != nil, .pids)], always: true)
        need("blkio", [(block?.throttled == true, .blockIO), (block?.weight != nil, .blockIOWeight)])
        need("devices", [(devices.map { !$0.allowsEverything } ?? false, .devices)], always: settingDevices)
        need("freezer", [], always: true)
        self.needs = needs
    }
}

extension ControlGroup {
    /// Sets the limits of a plan in the directories that there are.
    mutating func apply(_ plan: inout LimitPlan, optional: Set<Limit>) throws(ControlGroupError) {
        for need in plan.needs {
            if let directory = directory(of: need.controller) {
                try write(try plan.legacyWrites(need.controller), in: directory, optional)
            } else if let unified {
                if need.controller == "devices" {
                    if let rules = plan.devices, !rules.allowsEverything { try attach(rules, to: unified, optional) }
                } else {
                    try write(try plan.unifiedWrites(need.controller), in: unified, optional)
                }
            }
        }
        guard let settings = plan.resources.unified, !settings.isEmpty else { return }
        guard let unified else {
            throw .unavailable(.unified, reason: "this host's controllers are in cgroup v1, which has no such files")
        }
        try write(try LimitPlan.writes(settings: settings), in: unified, optional)
    }

    private mutating func write(
        _ writes: [ControlGroupWrite], in directory: String, _ optional: Set<Limit>
    ) throws(ControlGroupError) {
        // Some values are only valid after another (a memory limit above the old limit of memory and swap, a period
        // longer than the quota allows): what is refused as invalid is tried once more after the others.
        var refused: [ControlGroupWrite] = []
        var open: (file: String, descriptor: CInt)?
        defer { if let open { close(open.descriptor) } }
        for (index, item) in (writes).enumerated() {
            do {
                if open?.file != item.file {
                    if let old = open { close(old.descriptor) }
                    open = nil
                    open = (item.file, try OwnedDescriptor.open(directory + "/" + item.file, O_WRONLY).release())
                }
                if let open { try KernelFile.write(open.descriptor, item.value, directory + "/" + item.file) }
            } catch {
                if error.number == EINVAL && index < writes.count - 1 {
                    refused.append(item)
                } else {
                    try explain(item, error, optional)
                }
            }
        }
        for item in refused {
            do {
                try KernelFile.write(directory + "/" + item.file, item.value)
            } catch {
                try explain(item, error, optional)
            }
        }
    }

    private mutating func explain(
        _ item: ControlGroupWrite, _ error: SystemError, _ optional: Set<Limit>
    ) throws(ControlGroupError) {
        if item.mayBeRefused && [EPERM, EACCES, ENOENT, EINVAL, EOPNOTSUPP].contains(error.number) { return }
        switch error.number {
        case ENOENT:
            let swap = item.limit == .swap ? "; boot with swapaccount=1" : ""
            try miss(.unavailable(item.limit, reason: "this kernel has no \(item.file)\(swap)"), item.limit, optional)
        case EPERM, EACCES, EOPNOTSUPP, EROFS:
            try miss(.unavailable(item.limit, reason: error.description), item.limit, optional)
        case EINVAL, ERANGE, ENODEV, EBUSY:
            let why = error.number == EBUSY ? "the container uses more already" : "the kernel refuses it"
            throw .invalidValue(item.limit, value: item.value, reason: "\(why) (\(item.file): \(error.reason))")
        default:
            throw .system(error)
        }
    }

    private mutating func attach(
        _ rules: DeviceRules, to directory: String, _ optional: Set<Limit>
    ) throws(ControlGroupError) {
        do throws(SystemError) {
            try DeviceProgram(rules).attach(to: directory)
        } catch {
            if [EPERM, EACCES].contains(error.number) && geteuid() != 0 { return }
            try miss(.unavailable(.devices, reason: error.description), .devices, optional)
        }
    }
}

extension Spec.Resources.BlockIO {
    /// Whether any rate is limited.
    var throttled: Bool {
        [throttleReadBpsDevice, throttleWriteBpsDevice, throttleReadIOPSDevice, throttleWriteIOPSDevice]
            .contains { $0?.isEmpty == false }
    }
}
