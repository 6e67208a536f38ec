import LinuxSystem
import OCISpec

/// How big a micro-VM is, and what the host lets it use.
struct MachineShape: Equatable {
    /// The guest's memory, in MiB.
    var memory: Int64
    /// The guest's processors.
    var processors: Int
    /// What the host enforces on the machine's process.
    var resources: Spec.Resources

    /// MiB of a guest whose workload has no limit. What it does not touch costs nothing.
    static let standardMemory: Int64 = 512
    /// MiB that a guest needs beside its workload's: the kernel, its page tables, the agent.
    static let kernelMemory: Int64 = 64
    /// Bytes that the monitor needs beside the guest's memory.
    static let monitorMemory: Int64 = 64 << 20
    /// Threads of the monitor: one a processor, the devices', and some to spare.
    private static let spareThreads: Int64 = 14

    /// The machine for a workload's limits. Memory is the workload's, in whole large pages of 2 MiB, to which the kernel's own
    /// is added; processors are rounded up, and the host's share of them is exact.
    init(_ spec: Spec) { self.init(spec.linux?.resources) }

    /// As above, for limits that were asked for.
    init(_ asked: Spec.Resources?) {
        if let limit = asked?.memory?.limit, limit > 0 {
            memory = ((limit + (2 << 20) - 1) >> 21) * 2 + Self.kernelMemory
        } else {
            memory = Self.standardMemory
        }
        processors = 1
        if let quota = asked?.cpu?.quota, quota > 0, let period = asked?.cpu?.period, period > 0 {
            processors = max(1, Int((UInt64(quota) + period - 1) / period))
        }
        resources = Spec.Resources()
        resources.cpu = asked?.cpu
        resources.blockIO = asked?.blockIO
        if asked?.memory?.limit ?? 0 > 0 {
            var bound = Spec.Resources.Memory()
            bound.limit = memory << 20 + Self.monitorMemory
            resources.memory = bound
        }
        if asked?.pids?.limit ?? 0 > 0 {
            resources.pids = Spec.Resources.Pids(limit: Int64(processors) + Self.spareThreads)
        }
    }
}
