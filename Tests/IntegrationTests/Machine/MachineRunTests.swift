import Glibc
import Testing

/// What a user does with a micro-VM of any kind.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct MachineRunTests {
    @Test func theKindOfKVMIsTold() throws {
        try withHull { hull in
            let kind = try tool("bash", "-c", "exec \(Environment.executables)/hull-vmm --probe").output
            #expect(["hardware", "software"].contains(kind))
            #expect(try hull.run("doctor").output.contains("/dev/kvm: a \(kind) KVM"))
        }
    }

    @Test func theWorkloadsExitCodeIsTheCommands() throws {
        try withMachines { hull in
            let outcome = try hull.run(
                "run", "--rm", "--isolation=vm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7", seconds: 300)
            #expect(outcome.status == 7, "\(outcome)")
            #expect(outcome.output == "out", "\(outcome)")
            #expect(outcome.errors == "err", "\(outcome)")
        }
    }

    @Test func furtherProcessesRunUntilItIsStopped() throws {
        try withMachines { hull in
            #expect(
                try hull.run(
                    "run", "-d", "--isolation=vm", "--name", "box", "--stop-timeout", "60", "busybox", "sh", "-c",
                    "trap 'exit 5' TERM; while :; do sleep 0.1; done", seconds: 300
                ).status == 0)
            let outcome = try hull.run("exec", "-e", "A=b", "box", "sh", "-c", "echo $A; exit 9", seconds: 300)
            #expect(outcome.status == 9, "\(outcome)")
            #expect(outcome.output == "b", "\(outcome)")
            #expect(try hull.run("stop", "box", seconds: 300).status == 0)
            #expect(try hull.expect("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "box") == "exited 5")
        }
    }

    @Test func aTerminalHasOurSize() throws {
        try withMachines { hull in
            let terminal = try Pseudoterminal(rows: 33, columns: 101)
            let outcome = try hull.start(
                ["run", "--rm", "-it", "--isolation=vm", "busybox", "sh", "-c", "test -t 0 && stty size; exit 3"],
                on: terminal
            ).finish(seconds: 300)
            #expect(outcome.status == 3, "\(outcome)")
            #expect(outcome.output.contains("33 101"), "\(outcome)")
        }
    }

    @Test func aSizeThatIsNoWholePageIsRoundedUp() throws {
        try withMachines { hull in
            let outcome = try hull.run(
                "run", "--rm", "--isolation=vm", "--cold", "--memory", "33m", "busybox", "true", seconds: 300)
            #expect(outcome.status == 0, "\(outcome)")
        }
    }

    @Test func anAgentThatIsLinkedDynamicallyIsRefused() throws {
        try withMachines { hull in
            // A program as a debug build's: any that needs a loader.
            hull.environment["HULL_CONFIG"] = try hull.file(
                "config.json", #"{"paths": {"hull-agent": "\#(try program("bash"))"}}"#)
            try hull.expectFailure(
                "run", "--rm", "--isolation=vm", "busybox", "true", status: 125, says: "is linked dynamically")
        }
    }
}
