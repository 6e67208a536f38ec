/// How often a guest was left and for what.
public struct MachineStatistics: Sendable {
    /// Lines for people and for benchmarks.
    public let text: String
    /// The counters by names that are the same for all machines: `kvm.exits` and the like are the host kernel's
    /// (KVM_GET_STATS_FD), `exit.store` and the like exits to this process by kind, `hypercalls` all that the guest made.
    public let counters: [String: UInt64]

    /// - Parameters:
    ///   - exits: to this process, by kind.
    ///   - kernel: the host kernel's counters of all processors together.
    ///   - hypercalls: that a monitor within the guest did or passed on; nil where there is none, and the kernel counts them.
    ///   - text: lines for people and for benchmarks.
    public init(exits: [String: Int], kernel: [String: UInt64], hypercalls: UInt64? = nil, text: String) {
        self.text = text
        var all: [String: UInt64] = [:]
        for (name, value) in kernel where value > 0 { all["kvm." + name] = value }
        for (name, value) in exits { all["exit." + name] = UInt64(clamping: value) }
        all["hypercalls"] = hypercalls ?? kernel["hypercalls"]
        counters = all
    }
}
