import Glibc
import Testing

/// How a micro-VM ends: with one message, one exit code, a definite state, and nothing that is left.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct MachineEndTests {
    /// Whether this host's KVM runs a guest's kernel in ring 0.
    private static let isHardware =
        (try? tool("bash", "-c", "exec \(Environment.executables)/hull-vmm --probe").output) == "hardware"

    private let before = "hull: the micro-VM ended before its workload: "
    private let request = " (please report this line with the kernel's version)"

    @Test(arguments: TestKernel.allCases) func aKernelThatEndsItsMachineIsToldOf(_ kernel: TestKernel) throws {
        // KVM itself answers hypercalls there, those that it does not know with an error.
        if kernel == .unknownHypercall, Self.isHardware { return }
        try withMachines { hull in
            let path = try kernel.build(in: hull.directory)
            let line = before + (try description(of: kernel, path))
            let words = ["--isolation=vm", "--cold", "--kernel", path, "busybox", "true"]
            let outcome = try hull.start(["run", "--name", "box"] + words).finish(seconds: 300)
            #expect(outcome.status == 125, "\(outcome)")
            #expect(outcome.output.isEmpty, "\(outcome)")
            try expectLine(outcome.errors, line)
            #expect(HostSnapshot.processesNaming("hull-vmm").isEmpty)
            let state = try hull.expect("inspect", "-f", "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}", "box")
            #expect(state == "created 0 125")
            try expectLine("hull: " + hull.expect("inspect", "-f", "{{.State.Error}}", "box"), line)
            #expect(try hull.expect("ps", "-a", "--format", "{{.Names}} {{.State}}") == "box created")
            // Neither a further start nor one that removes itself ends in another way.
            let again = try hull.start(["start", "-a", "box"]).finish(seconds: 300)
            #expect(again.status == 125, "\(again)")
            try expectLine(again.errors, line)
            try hull.expect("rm", "box")
            let removed = try hull.start(["run", "--rm"] + words).finish(seconds: 300)
            #expect(removed.status == 125, "\(removed)")
            try expectLine(removed.errors, line)
            let isEmpty = Clock.wait(seconds: 10) { HostSnapshot.names(hull.root + "/containers").isEmpty }
            #expect(isEmpty)
        }
    }

    /// Where a template would be made first, it is not, and the kernel's end is the same.
    @Test func aKernelOfWhichNoTemplateCanBeMadeIsToldOf() throws {
        try withMachines { hull in
            let path = try TestKernel.panic.build(in: hull.directory)
            let outcome = try hull.start(["run", "--isolation=vm", "--kernel", path, "busybox", "true"]).finish(
                seconds: 300)
            #expect(outcome.status == 125, "\(outcome)")
            try expectLine(outcome.errors, before + (try description(of: .panic, path)))
            #expect(try hull.expect("template", "list", "--format", "json").isEmpty)
        }
    }

    @Test func aKernelThatThisKVMCannotStartIsRefused() throws {
        try withMachines { hull in
            let path = try TestKernel.powerOff.build(in: hull.directory, Self.isHardware ? "WITHOUT_PVH" : "WITHOUT_PV")
            let outcome = try hull.start(["run", "--rm", "--isolation=vm", "--kernel", path, "busybox", "true"]).finish(
                seconds: 300)
            #expect(outcome.status == 125, "\(outcome)")
            try expectLine(
                outcome.errors,
                before
                    + (Self.isHardware
                        ? "kernel: it has no PVH entry; it must be built with CONFIG_PVH"
                        : "kernel: it was built without CONFIG_XEN_PV, which this host's KVM needs; Kernels/build makes "
                            + "one that has it"))
        }
    }

    @Test func aPanicWhileTheWorkloadRunsIsToldWithTheLastLines() throws {
        try withMachines { hull in
            let outcome = try hull.start([
                "run", "--name", "box", "--isolation=vm", "--memory", "64m", "--kernel-arg", "sysctl.vm.panic_on_oom=2",
                "busybox", "sh", "-c", "echo begins; tail /dev/zero",
            ]).finish(seconds: 300)
            #expect(outcome.status == 125, "\(outcome)")
            #expect(outcome.output == "begins", "\(outcome)")
            let reason = "Out of memory: compulsory panic_on_oom is enabled"
            let error = try hull.expect("inspect", "-f", "{{.State.Error}}", "box")
            #expect(outcome.errors == "hull: warning: " + error, "\(outcome)")
            let parts = error.split(separator: "; its last words: ").map(String.init)
            #expect(parts.first == "the micro-VM ended before its workload: the guest's kernel crashed: " + reason)
            #expect(parts.last?.contains("Kernel panic - not syncing: " + reason) ?? false, "\(error)")
            let state = try hull.expect("inspect", "-f", "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}", "box")
            #expect(state == "exited 0 125")
            #expect(HostSnapshot.processesNaming("hull-vmm").isEmpty)
            #expect(try hull.run("start", "-a", "box").status == 125)
        }
    }

    @Test func aMonitorThatIsKilledWhileTheWorkloadRunsIsToldOf() throws {
        try withMachines { hull in
            let child = try hull.start([
                "run", "--name", "box", "--isolation=vm", "busybox", "sh", "-c", "echo on; sleep 100",
            ])
            #expect(child.waits(for: "on"))
            guard case .integer(let pid) = try hull.inspect("box", "State", "Pid") else {
                Issue.record("no process")
                return
            }
            kill(pid_t(pid), SIGKILL)
            let outcome = try child.finish(seconds: 60)
            #expect(outcome.status == 137, "\(outcome)")
            let error = try hull.expect("inspect", "-f", "{{.State.Error}}", "box")
            #expect(error == "the micro-VM ended before its workload: its process was killed by signal 9")
            #expect(outcome.errors == "hull: warning: " + error, "\(outcome)")
            let state = try hull.expect("inspect", "-f", "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}", "box")
            #expect(state == "exited 0 137")
            #expect(HostSnapshot.processesNaming("hull-vmm").isEmpty)
        }
    }

    /// A privileged workload has its kernel ask for what this machine does not do: the kernel is refused, and goes on.
    @Test(.enabled(if: sysconf(CInt(_SC_NPROCESSORS_ONLN)) > 1, "this host has one processor"))
    func whatAWorkloadHasItsKernelAskEndsNoMachine() throws {
        try withMachines { hull in
            let script = """
                for file in /sys/devices/system/xen_cpu/*/online; do echo 0 2>/dev/null >$file; done 2>/dev/null
                for state in 0 1; do
                    echo $state > /sys/devices/system/cpu/cpu1/online
                    cat /sys/devices/system/cpu/online
                done
                date -u -s 2030-01-01 +%Y
                """
            let outcome = try hull.run(
                "run", "--rm", "--isolation=vm", "--privileged", "--cpus", "2", "busybox", "sh", "-c", script)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.lines == ["0", "0-1", "2030"], "\(outcome)")
        }
    }

    /// A workload is in a pid namespace of its own: reboot(2) ends that (pid_namespaces(7)), in a container and in a machine.
    @Test(arguments: [("reboot", 128 + SIGHUP), ("poweroff", 128 + SIGINT)], ["vm", "container"])
    func aWorkloadThatSwitchesOffEndsItself(_ program: (name: String, status: CInt), _ isolation: String) throws {
        try withMachines { hull in
            let outcome = try hull.run(
                "run", "--name", "box", "--isolation=" + isolation, "--cap-add", "SYS_BOOT", "busybox", program.name,
                "-f")
            #expect(outcome.status == program.status, "\(outcome)")
            #expect(try hull.expect("inspect", "-f", "{{.State.Status}}", "box") == "exited")
        }
    }

    private func expectLine(_ text: String, _ start: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(text.split(separator: "\n").count == 1, "\(text)", sourceLocation: sourceLocation)
        #expect(text.hasPrefix(start), "\(text)", sourceLocation: sourceLocation)
        if start.contains(" does not know, ") {
            #expect(text.hasSuffix(request), "\(text)", sourceLocation: sourceLocation)
        }
    }

    /// How the message goes on.
    private func description(of kernel: TestKernel, _ path: String) throws -> String {
        func place(_ symbol: String) throws -> String {
            "0x" + String(try TestKernel.address(of: symbol, in: path), radix: 16)
        }
        switch kernel {
        case .powerOff: return "the guest switched itself off"
        case .reboot: return "the guest asked for a reboot"
        case .panic:
            return "the guest's kernel crashed: made for a test; its last words: "
                + "one | two | Kernel panic - not syncing: made for a test"
        case .tripleFault: return "the guest's processor reset itself (triple fault)"
        case .unknownInstruction:
            let (symbol, bytes) =
                Self.isHardware
                ? ("unknown_instruction_pvh", "d9 05 00 00 80 d0") : ("unknown_instruction_pv", "0f 00 d0")
            return "an instruction that this machine does not know, at \(try place(symbol)): \(bytes)"
        case .unknownHypercall:
            return "a hypercall that this machine does not know, at \(try place("after_unknown_hypercall")): "
                + "number 63, arguments 0x1 0x2 0x3 0x4 0x5"
        }
    }
}
