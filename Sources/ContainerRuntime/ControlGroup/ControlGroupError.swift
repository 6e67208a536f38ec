import LinuxSystem

/// Why a control group cannot be made, changed or removed.
public enum ControlGroupError: Error, CustomStringConvertible, Equatable {
    /// A call failed; the object names the control group's file.
    case system(SystemError)
    /// A limit that was asked for cannot be enforced on this host.
    case unavailable(ControlGroup.Limit, reason: String)
    /// A path that cannot name a control group.
    case invalidPath(String, reason: String)
    /// A value that the kernel cannot take.
    case invalidValue(ControlGroup.Limit, value: String, reason: String)
    /// The group already exists and has processes.
    case occupied(String)
    /// Processes or groups in it did not go in time.
    case busy(String)
    /// The kernel's files say what this code does not understand.
    case malformed(String, reason: String)

    /// The text for people, one line.
    public var description: String {
        switch self {
        case .system(let error): "control group: \(error)"
        case .unavailable(let limit, let reason): "\(limit) cannot be enforced: \(reason)"
        case .invalidPath(let path, let reason): "control group path \"\(path)\": \(reason)"
        case .invalidValue(let limit, let value, let reason): "\(limit) of \(value): \(reason)"
        case .occupied(let path): "control group \(path) already has processes; choose another name or end them"
        case .busy(let path): "control group \(path) still has processes or groups and cannot be removed"
        case .malformed(let file, let reason): "\(file): \(reason)"
        }
    }
}

extension ControlGroup {
    /// What a control group limits, as messages call it.
    public enum Limit: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
        case memory = "the memory limit"
        case memoryReservation = "the memory reservation"
        case swap = "the swap limit"
        case swappiness = "the swappiness"
        case oomControl = "switching the OOM killer off"
        case cpuQuota = "the CPU limit"
        case cpuShares = "the CPU weight"
        case cpuIdle = "the idle CPU class"
        case cpuset = "the set of processors"
        case pids = "the limit of processes"
        case blockIO = "the limit of block I/O"
        case blockIOWeight = "the block I/O weight"
        case devices = "the list of allowed devices"
        case unified = "a cgroup v2 setting"
        case freezer = "pausing"

        /// The words for messages.
        public var description: String { rawValue }
    }
}
