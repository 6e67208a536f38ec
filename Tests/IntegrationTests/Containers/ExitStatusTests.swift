import Glibc
import Testing

@Suite struct ExitStatusTests {
    @Test func everyStatusIsPassedOn() throws {
        try withHull { hull in
            for status in [0, 1, 2, 3, 42, 63, 64, 100, 124, 125, 126, 127, 128, 129, 130, 137, 143, 200, 254, 255] {
                let outcome = try hull.run("run", "--rm", "busybox", "sh", "-c", "exit \(status)")
                #expect(outcome.status == status, "\(outcome)")
                #expect(outcome.outputBytes.isEmpty && outcome.errorBytes.isEmpty, "\(outcome)")
            }
        }
    }

    @Test func aSignalIs128AndItsNumber() throws {
        try withHull { hull in
            for (signal, status) in [("TERM", 143), ("KILL", 137), ("INT", 130), ("SEGV", 139)] as [(String, CInt)] {
                // Not as the first process of its namespace, which signals of its own do not end.
                let outcome = try hull.run("run", "--rm", "--init", "busybox", "sh", "-c", "kill -\(signal) $$")
                #expect(outcome.status == status, "\(outcome)")
            }
        }
    }

    @Test func whatCannotBeExecutedIs126AndWhatIsMissing127() throws {
        try withHull { hull in
            try hull.expectFailure("run", "--rm", "busybox", "/etc/passwd", status: 126, says: "/etc/passwd")
            try hull.expectFailure("run", "--rm", "busybox", "/etc", status: 126, says: "/etc")
            try hull.expectFailure("run", "--rm", "busybox", "/nothing", status: 127, says: "/nothing")
            try hull.expectFailure("run", "--rm", "busybox", "nothing", status: 127, says: "nothing")
        }
    }

    @Test func ourOwnErrorsAre125() throws {
        try withHull { hull in
            try hull.expectFailure("run", "--rm", "--memory", "lots", "busybox", status: 125, says: "--memory")
            try hull.expectFailure(
                "run", "--rm", "-v", "/nothing-here:/x", "busybox", status: 125, says: "/nothing-here")
            try hull.expectFailure("run", "--rm", "--network", "bridge", "busybox", status: 125, says: "bridge")
            try hull.expectFailure("run", "--rm", "--pull", "never", "missing:1", status: 125, says: "missing:1")
            try hull.expectFailure("run", "--rm", "--isolation", "vm", "busybox", status: 125, says: "micro-VM")
            #expect(try hull.run("run", "--no-such-option", "busybox").status == 125)
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
        }
    }

    @Test func aSignalToTheCommandReachesTheWorkload() throws {
        try withHull { hull in
            for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1] {
                let child = try hull.start([
                    "run", "--rm", "busybox", "sh", "-c",
                    "trap 'echo got; exit 7' TERM INT HUP USR1; echo ready; while :; do sleep 0.05; done",
                ])
                #expect(child.waits(for: "ready"))
                child.signal(signal)
                let outcome = try child.finish()
                #expect(outcome.status == 7, "\(outcome)")
                #expect(outcome.output == "ready\ngot", "\(outcome)")
            }
        }
    }
}
