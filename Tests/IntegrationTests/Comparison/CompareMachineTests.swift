import Glibc
import JSON
import Testing

/// `hull compare` with micro-VMs beside a container.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct CompareMachineTests {
    private func result(_ hull: Hull, _ arguments: String...) throws -> JSONValue {
        let outcome = try hull.start(["compare", "--output=json"] + arguments).finish(seconds: 180)
        try #require(outcome.status == 0, "\(outcome)")
        return try #require(try outcome.json()["workloads"]?.arrayValue?.first)
    }

    private func runs(_ workload: JSONValue, _ kind: String, of side: String) -> [JSONValue] {
        (workload[kind]?.arrayValue ?? []).filter { $0["side"]?.stringValue == side }
    }

    private func number(_ value: JSONValue?) -> Double {
        switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: 0
        }
    }

    @Test func momentsOfAGuestComeInOrder() throws {
        try withMachines { hull in
            let workload = try result(hull, "--isolation=container,vm,vm-cold", "--runs=2", "busybox", "echo", "hi")
            for side in ["vm", "vm-cold"] {
                let runs = runs(workload, "runs", of: side)
                #expect(runs.count == 2)
                for run in runs {
                    let names = (run["marks"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
                    #expect(names.prefix(3) == ["image", "prepared", "machine"], "\(names)")
                    #expect(names.dropFirst(3).prefix(3) == ["guest", "created", "started"], "\(names)")
                    #expect(names.contains("firstByte") && names.contains("exited") && names.contains("ended"))
                    #expect(run["output"]?["start"] == "hi\n")
                }
            }
            // What the first of them went on from; it is made in the rounds that do not count.
            #expect(!(try hull.expect("template", "list", "--format", "json").isEmpty))
        }
    }

    @Test func whatTheMachinesDidIsCounted() throws {
        try withMachines { hull in
            let loop = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"
            let workload = try result(hull, "--isolation=container,vm", "--runs=1", "busybox", "sh", "-c", loop)
            for run in runs(workload, "observedRuns", of: "vm") {
                let measured = run["measurements"]
                #expect(number(measured?["exits"]) > 0)
                #expect(number(run["counters"]?["kvm.exits"]) == number(measured?["exits"]))
                #expect((run["counters"]?.objectValue?.members ?? []).contains { $0.key.hasPrefix("exit.") })
                // A loop needs some of it on any machine.
                #expect(number(measured?["workloadCpu"]) > 20_000_000)
                #expect(number(measured?["proportionalMemory"]) > 0)
            }
            for run in runs(workload, "observedRuns", of: "container") {
                #expect(run["measurements"]?["exits"] == nil && run["counters"]?["kvm.exits"] == nil)
                #expect(number(run["measurements"]?["workloadCpu"]) > 20_000_000)
            }
            // The processor time on the host holds the guest's: its loop, too.
            for run in runs(workload, "runs", of: "vm") {
                #expect(number(run["measurements"]?["cpu"]) > 20_000_000)
            }
        }
    }

    @Test func whatDiffersInAGuestFailsAndComesFirst() throws {
        try withMachines { hull in
            let output = try hull.run("compare", "--runs=2", "busybox", "uname", "-r")
            #expect(output.status == 1)
            #expect(output.lines.first?.contains("vm differs in standard output") == true, "\(output)")
            // The host's release is the container's, and not the guest's.
            let release = HostSnapshot.text("/proc/sys/kernel/osrelease").split(separator: "\n").first ?? ""
            let status = try hull.run(
                "compare", "--runs=2", "busybox", "sh", "-c", "[ $(uname -r) = \(release) ]")
            #expect(status.status == 1)
            #expect(status.lines.first?.contains("vm differs in exit status (round 1): 1, not 0") == true, "\(status)")
        }
    }

    @Test func anInterruptedComparisonLeavesNoMachine() throws {
        try withMachines { hull in
            let file = hull.directory + "/result.json"
            let child = try hull.start([
                "compare", "--isolation=container,vm,vm-cold", "--output=\(file)", "--runs=1000", "busybox", "sh", "-c",
                "trap '' INT TERM; sleep 0.2",
            ])
            // Long enough for some rounds, and at another moment of a run each time.
            usleep(6_000_000)
            child.signal(SIGINT)
            let outcome = try child.finish()
            #expect(outcome.status == 130, "\(outcome)")
            #expect(outcome.output.contains("until it was interrupted"), "\(outcome)")
            #expect(HostSnapshot.processesNaming("hull-vmm").isEmpty)
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
            #expect(try hull.expect("compare", "report", file).contains("until it was interrupted"))
        }
    }

    @Test func aConditionOnAMicroVMIsJudged() throws {
        try withMachines { hull in
            let outcome = try hull.run(
                "compare", "--runs=2", "--fail-if=vm.exits > 1", "--fail-if=vm.wall > 1000x container.wall", "busybox",
                "true")
            #expect(outcome.status == 3, "\(outcome)")
            #expect(outcome.errors.contains("vm.exits > 1"), "\(outcome)")
            #expect(!outcome.errors.contains("1000x"), "\(outcome)")
        }
    }

    @Test func programsThatCannotTakePartAreNamed() throws {
        try withMachines { hull in
            // Nothing but hull and the shell's own is there.
            hull.environment["PATH"] = "/nothing"
            let outcome = try hull.run("compare", "--against=docker,qemu-microvm", "--runs=1", "busybox", "true")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.contains("docker is left out: docker is not installed"), "\(outcome)")
            #expect(outcome.output.contains("qemu-microvm was left out: qemu-system-x86_64 is not installed"))
        }
    }

    @Test(.enabled(if: Guest.kvm == "hardware", "QEMU's machine needs a hardware KVM"))
    func qemusMachineRunsTheSameRootFileSystem() throws {
        try withMachines { hull in
            // More output than a pipe holds.
            let script = "cat /etc/passwd; id; pwd; echo err >&2; dd if=/dev/zero bs=1000 count=100 2>/dev/null; exit 3"
            let outcome = try hull.start([
                "compare", "--output=json", "--isolation=container", "--against=qemu-microvm", "--runs=1", "busybox",
                "sh", "-c", script,
            ]).finish(seconds: 300)
            try #require(outcome.status == 0, "\(outcome)")
            let workload = try #require(try outcome.json()["workloads"]?.arrayValue?.first)
            let runs = runs(workload, "runs", of: "qemu-microvm")
            #expect(runs.count == 1 && runs.allSatisfy { $0["exitCode"] == 3 }, "\(outcome)")
            #expect(HostSnapshot.processesNaming("qemu-system").isEmpty)
        }
    }

    @Test(.enabled(if: Guest.kvm == "software" && access("/usr/bin/qemu-system-x86_64", X_OK) == 0))
    func qemusMachineIsLeftOutWhereNoKernelWouldBoot() throws {
        try withMachines { hull in
            let outcome = try hull.run("compare", "--against=qemu-microvm", "--runs=1", "busybox", "true")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("qemu-microvm was left out: this host's KVM is a software one"))
        }
    }
}
