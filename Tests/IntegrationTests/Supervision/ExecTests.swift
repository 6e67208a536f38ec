import Glibc
import JSON
import Testing

@Suite struct ExecTests {
    private func withContainer(_ options: String..., body: (Hull) throws -> Void) throws {
        try withHull { hull in
            let words = ["run", "-d", "--name", "box"] + options + ["busybox", "sleep", "1000"]
            let outcome = try hull.start(words).finish()
            try #require(outcome.status == 0, "\(outcome)")
            try body(hull)
        }
    }

    @Test func aFurtherProcessRunsWithinAndItsStatusIsPassedOn() throws {
        try withContainer { hull in
            let outcome = try hull.run("exec", "box", "sh", "-c", "cat /proc/1/comm; echo err >&2; exit 17")
            #expect(outcome.status == 17 && outcome.output == "sleep" && outcome.errors == "err", "\(outcome)")
            #expect(try hull.run("exec", "box", "sh", "-c", "kill -9 $$").status == 137)
            #expect(try hull.run("exec", "box", "/nothing").status == 127)
            #expect(try hull.run("exec", "box", "/etc/passwd").status == 126)
        }
    }

    @Test func inputIsPassedOnWhereAskedFor() throws {
        try withContainer { hull in
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
            let outcome = try hull.run("exec", "-i", "box", "cat", input: bytes)
            #expect(outcome.outputBytes == bytes)
            #expect(try hull.run("exec", "box", "cat", input: [1, 2, 3]).outputBytes.isEmpty)
        }
    }

    @Test func environmentDirectoryAndUserAreChosen() throws {
        try withContainer("-e", "A=container") { hull in
            let script = "echo $A $B $(pwd) $(id -u):$(id -g)"
            let first = try hull.expect("exec", "box", "sh", "-c", script)
            #expect(first == "container / 0:0")
            #expect(
                try hull.expect("exec", "-e", "B=exec", "-w", "/tmp", "-u", "user", "box", "sh", "-c", script)
                    == "container exec /tmp 1000:1000")
        }
    }

    @Test func aTerminalIsOfTheProcessesOwn() throws {
        try withContainer { hull in
            let terminal = try Pseudoterminal(rows: 40, columns: 90)
            let child = try hull.start(["exec", "-it", "box", "sh"], on: terminal)
            #expect(child.waits(for: "#"))
            child.send("stty size\n")
            #expect(child.waits(for: "40 90"))
            terminal.resize(rows: 41, columns: 91)
            usleep(300_000)
            child.send("stty size; exit 3\n")
            #expect(child.waits(for: "41 91"))
            #expect(try child.finish().status == 3)
            #expect(!terminal.isRaw)
        }
    }

    @Test func itIsConfinedAsTheContainerIs() throws {
        try withContainer("--cap-drop", "CHOWN", "--memory", "64m", "--security-opt", "no-new-privileges") { hull in
            let status = try hull.expect("exec", "box", "grep", "-E", "CapEff|Seccomp:|NoNewPrivs", "/proc/self/status")
            #expect(status == "CapEff:\t00000000a80425fa\nNoNewPrivs:\t1\nSeccomp:\t2")
            let own = try hull.expect("exec", "box", "cat", "/proc/self/cgroup")
            #expect(own == (try hull.expect("exec", "box", "cat", "/proc/1/cgroup")))
            for kind in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] {
                let both = try hull.expect(
                    "exec", "box", "sh", "-c", "readlink /proc/1/ns/\(kind); readlink /proc/self/ns/\(kind)")
                let lines = both.split(separator: "\n")
                #expect(lines.count == 2 && lines[0] == lines[1], "\(both)")
            }
            let full = try hull.expect("exec", "--privileged", "box", "grep", "CapEff", "/proc/self/status")
            #expect(full > "CapEff:\t000001", "\(full)")
        }
    }

    @Test func aDetachedProcessGoesOn() throws {
        try withContainer { hull in
            try hull.expect("exec", "-d", "box", "sh", "-c", "sleep 0.3; echo done > /done")
            let done = try Clock.wait(seconds: 10) { try hull.run("exec", "box", "cat", "/done").output == "done" }
            #expect(done)
        }
    }

    @Test func manyAtOnceAllSucceed() throws {
        try withContainer { hull in
            let children = try (0..<20).map { try hull.start(["exec", "box", "sh", "-c", "echo \($0); exit \($0)"]) }
            for (index, child) in children.enumerated() {
                let outcome = try child.finish()
                #expect(outcome.status == CInt(index) && outcome.output == "\(index)", "\(outcome)")
            }
        }
    }

    @Test func onlyRunningContainersTakeOne() throws {
        try withHull { hull in
            try hull.expect("create", "--name", "box", "busybox")
            let outcome = try hull.run("exec", "box", "true")
            #expect(outcome.status != 0 && outcome.errors.contains("running"), "\(outcome)")
        }
    }
}
