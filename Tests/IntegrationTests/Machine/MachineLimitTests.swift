import Glibc
import Testing

/// What a machine may use of the host: its monitor is bound by the control group of its container.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct MachineLimitTests {
    /// Bytes that a workload may have, and what the guest's kernel and the monitor have beside it (docs/run.md).
    private static let memory = (workload: 100 << 20, kernel: 64 << 20, monitor: 64 << 20)

    @Test(arguments: [["--cold"], []])
    func everyThreadOfTheMonitorIsInTheContainersControlGroupWithTheMachinesSize(_ options: [String]) throws {
        try withMachines { hull in
            let shape = ["--memory", "100m", "--cpus", "1.5"]
            if options.isEmpty {
                // The machine below goes on from it.
                let built = try hull.start(["template", "build"] + shape).finish()
                try #require(built.status == 0, "\(built)")
            }
            let words = ["run", "-d", "--isolation=vm"] + options + shape + ["busybox", "sleep", "1000"]
            let started = try hull.start(words).finish()
            try #require(started.status == 0 && started.errors.isEmpty, "\(started)")
            let id = started.output
            let number = try hull.expect("inspect", "-f", "{{.State.Pid}}", id)
            let process = try #require(pid_t(number))
            #expect(HostSnapshot.descendants(of: process).isEmpty)
            var groups: Set<String> = []
            var threads = 0
            for thread in HostSnapshot.names("/proc/\(process)/task") {
                threads += 1
                groups.insert(HostSnapshot.text("/proc/\(process)/task/\(thread)/cgroup"))
            }
            // Two processors and the devices.
            #expect(threads >= 3)
            #expect(groups.count == 1, "\(groups)")
            for controller in ["memory", "cpu"] {
                let group = try #require(Self.group(groups.first ?? "", controller))
                #expect(group.hasSuffix("/hull/\(id)"), "\(controller): \(group)")
            }
            let bound = String(Self.memory.workload + Self.memory.kernel + Self.memory.monitor)
            let limits = [hull.limit(id, "memory", "memory.limit_in_bytes"), hull.limit(id, "memory", "memory.max")]
            #expect(limits.contains(bound), "\(limits)")
            let quotas = [hull.limit(id, "cpu", "cpu.cfs_quota_us"), hull.limit(id, "cpu", "cpu.max")]
            #expect(quotas.contains("150000") || quotas.contains("150000 100000"), "\(quotas)")
        }
    }

    /// The group of a controller in the text of /proc/PID/cgroup (cgroups(7)); of version 2 where there is no other.
    private static func group(_ text: String, _ controller: String) -> String? {
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        }
        let own = lines.first { $0.count == 3 && $0[1].split(separator: ",").contains(Substring(controller)) }
        return (own ?? lines.first { $0.count == 3 && $0[0] == "0" })?[2]
    }
}
