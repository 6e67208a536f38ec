import ContainerRuntime
import LinuxSystem

/// Where a container is in its life: `state.json`. Without the file it was created and never started.
public enum Lifecycle: Equatable, Sendable {
    case created
    case running(Running)
    case exited(Exited)

    /// A container with a first process.
    public struct Running: Codable, Equatable, Sendable {
        /// What the runtime knows it by.
        public var container: ContainerState
        /// The process that supervises it.
        public var supervisor: Int32
        /// In nanoseconds since 1970.
        public var startedAt: Int64
    }

    /// A container whose first process is gone.
    public struct Exited: Codable, Equatable, Sendable {
        /// As Docker has it: 0–255, 128+N for signals, 125 to 127 for a workload that was never executed.
        public var code: Int32
        /// Whether the kernel killed it for want of memory.
        public var oomKilled: Bool
        /// In nanoseconds since 1970; 0 where it never ran.
        public var startedAt: Int64
        /// In nanoseconds since 1970.
        public var finishedAt: Int64
        /// What went wrong on our side; empty where nothing did.
        public var error: String
    }
}

/// The form of `state.json`.
struct LifecycleDocument: Codable {
    var running: Lifecycle.Running?
    var exited: Lifecycle.Exited?

    init(_ lifecycle: Lifecycle) {
        switch lifecycle {
        case .created: break
        case .running(let running): self.running = running
        case .exited(let exited): self.exited = exited
        }
    }

    var lifecycle: Lifecycle {
        if let exited { return .exited(exited) }
        if let running { return .running(running) }
        return .created
    }
}
