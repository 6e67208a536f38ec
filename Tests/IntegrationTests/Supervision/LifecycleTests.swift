import Glibc
import JSON
import Testing

@Suite struct LifecycleTests {
    /// A shell that ends by its own choice on SIGTERM.
    private static let waiting = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done"

    @Test func aDetachedContainerOutlivesItsCommand() throws {
        try withHull { hull in
            let id = try hull.expect("run", "-d", "--name", "box", "busybox", "sleep", "100")
            #expect(id.count == 64)
            #expect(try hull.expect("ps", "-q", "--no-trunc") == id)
            #expect(try hull.inspect("box", "State", "Status")?.stringValue == "running")
            #expect(try hull.inspect("box", "State", "Running") == .bool(true))
            #expect(try hull.expect("rm", "-f", "box") == "box")
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
        }
    }

    @Test func createStartAndWait() throws {
        try withHull { hull in
            let id = try hull.expect("create", "--name", "box", "busybox", "sh", "-c", "echo hello; exit 4")
            #expect(try hull.inspect("box", "State", "Status")?.stringValue == "created")
            let outcome = try hull.run("start", "-a", "box")
            #expect(outcome.status == 4 && outcome.output == "hello", "\(outcome)")
            #expect(try hull.expect("wait", "box") == "4")
            #expect(try hull.inspect("box", "State", "Status")?.stringValue == "exited")
            #expect(try hull.inspect("box", "State", "ExitCode") == .integer(4))
            // The same again, with what it has written.
            #expect(try hull.expect("start", id) == id)
            #expect(try hull.expect("wait", "box") == "4")
            #expect(try hull.run("logs", "box").lines == ["hello", "hello"])
        }
    }

    @Test func stopAsksAndThenInsists() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "polite", "busybox", "sh", "-c", Self.waiting)
            try hull.expect(
                "run", "-d", "--name", "deaf", "busybox", "sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")
            #expect(hull.logsContain("polite", "ready"))
            #expect(try hull.expect("stop", "polite") == "polite")
            #expect(try hull.inspect("polite", "State", "ExitCode") == .integer(3))
            usleep(300_000)
            #expect(try hull.expect("stop", "-t", "1", "deaf") == "deaf")
            #expect(try hull.inspect("deaf", "State", "ExitCode") == .integer(137))
            #expect(try hull.inspect("deaf", "State", "OOMKilled") == .bool(false))
            // What is stopped already is no error.
            #expect(try hull.expect("stop", "deaf") == "deaf")
        }
    }

    @Test func theStopSignalIsChosen() throws {
        try withHull { hull in
            try hull.expect(
                "run", "-d", "--name", "box", "--stop-signal", "USR1", "busybox", "sh", "-c",
                "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done")
            #expect(hull.logsContain("box", "ready"))
            try hull.expect("stop", "box")
            #expect(try hull.expect("wait", "box") == "9")
        }
    }

    @Test func killSendsAnySignal() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sh", "-c", Self.waiting)
            #expect(hull.logsContain("box", "ready"))
            try hull.expect("kill", "-s", "TERM", "box")
            #expect(try hull.expect("wait", "box") == "3")
            try hull.expect("start", "box")
            try hull.expect("kill", "box")
            #expect(try hull.expect("wait", "box") == "137")
            #expect(try hull.run("kill", "box").status == 1)
            #expect(try hull.run("kill", "nobody").status == 1)
        }
    }

    @Test func pausedProcessesDoNothing() throws {
        try withHull { hull in
            try hull.expect(
                "run", "-d", "--name", "box", "busybox", "sh", "-c", "while :; do date +%s%N > /tick; sleep 0.01; done")
            try hull.expect("pause", "box")
            #expect(try hull.inspect("box", "State", "Status")?.stringValue == "paused")
            #expect(try hull.expect("ps").contains("(Paused)"))
            try hull.expect("cp", "box:/tick", hull.directory + "/first")
            usleep(200_000)
            try hull.expect("cp", "box:/tick", hull.directory + "/second")
            #expect(HostSnapshot.text(hull.directory + "/first") == HostSnapshot.text(hull.directory + "/second"))
            try hull.expect("unpause", "box")
            #expect(try hull.inspect("box", "State", "Status")?.stringValue == "running")
            let moves = try Clock.wait(seconds: 5) {
                try hull.expect("cp", "box:/tick", hull.directory + "/third")
                return HostSnapshot.text(hull.directory + "/third") != HostSnapshot.text(hull.directory + "/second")
            }
            #expect(moves)
        }
    }

    @Test func restartIsStopAndStart() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sh", "-c", Self.waiting)
            #expect(hull.logsContain("box", "ready"))
            let first = try hull.inspect("box", "State", "Pid")
            #expect(try hull.expect("restart", "box") == "box")
            #expect(try hull.inspect("box", "State", "Running") == .bool(true))
            #expect(try hull.inspect("box", "State", "Pid") != first)
        }
    }

    @Test func aRunningContainerIsRemovedOnlyByForce() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sleep", "100")
            let refused = try hull.run("rm", "box")
            #expect(refused.status == 1 && refused.errors.contains("running"), "\(refused)")
            try hull.expect("rm", "-f", "box")
            #expect(try hull.run("inspect", "box").status == 1)
            #expect(try hull.run("rm", "box").status == 1)
        }
    }

    @Test func anImageInUseStays() throws {
        try withHull { hull in
            try hull.expect("create", "--name", "box", "busybox")
            let refused = try hull.run("rmi", "busybox")
            #expect(refused.status == 1 && refused.errors.contains("box"), "\(refused)")
            #expect(try hull.run("start", "box").status == 0)
        }
    }

    @Test func listsAreFiltered() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "runs", "--label", "tier=web", "busybox", "sleep", "100")
            _ = try hull.run("run", "--name", "failed", "busybox", "false")
            try hull.expect("create", "--name", "waits", "--label", "tier=db", "busybox")
            func names(_ options: String...) throws -> Set<String> {
                let outcome = try hull.start(["ps", "-a", "--format", "json"] + options).finish()
                return Set(
                    try outcome.output.split(separator: "\n").compactMap {
                        try JSONParser.parse(String($0))["Names"]?.stringValue
                    })
            }
            #expect(try names() == ["runs", "failed", "waits"])
            #expect(try names("-f", "status=running") == ["runs"])
            #expect(try names("-f", "status=exited") == ["failed"])
            #expect(try names("-f", "exited=1") == ["failed"])
            #expect(try names("-f", "label=tier") == ["runs", "waits"])
            #expect(try names("-f", "label=tier=db") == ["waits"])
            #expect(try names("-f", "name=ail") == ["failed"])
            let table = try hull.run("ps", "-a").lines
            #expect(table.count == 4 && table[0].hasPrefix("CONTAINER ID"), "\(table)")
        }
    }

    @Test func containersAreFoundByNameAndBeginningOfTheId() throws {
        try withHull { hull in
            let id = try hull.expect("run", "-d", "busybox", "sleep", "100")
            for text in [id, String(id.prefix(12)), String(id.prefix(4))] {
                #expect(try hull.inspect(text, "Id")?.stringValue == id)
            }
            #expect(try hull.run("inspect", "zzzz").status == 1)
        }
    }
}
