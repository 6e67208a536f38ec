import Glibc
import Testing

@Suite struct AttachTests {
    @Test func aClientThatComesLaterSeesTheOutputAndTheStatus() throws {
        try withHull { hull in
            try hull.expect(
                "run", "-d", "-i", "--name", "box", "busybox", "sh", "-c",
                "while read line; do [ $line = quit ] && exit 5; echo got $line; done")
            let child = try hull.start(["attach", "box"], input: .open)
            child.send("one\n")
            #expect(child.waits(for: "got one"))
            child.send("two\n")
            #expect(child.waits(for: "got two"))
            // The end of one client's input is not the end of the workload's.
            child.send("quit\n")
            child.closeInput()
            #expect(try child.finish().status == 5)
        }
    }

    @Test func twoClientsSeeTheSame() throws {
        try withHull { hull in
            try hull.expect(
                "run", "-d", "--name", "box", "busybox", "sh", "-c",
                "trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done")
            let first = try hull.start(["attach", "--no-stdin", "box"])
            let second = try hull.start(["attach", "--no-stdin", "box"])
            usleep(500_000)
            try hull.expect("stop", "box")
            #expect(try first.finish().output == "bye")
            #expect(try second.finish().output == "bye")
        }
    }

    @Test func whatDoesNotRunCannotBeAttachedTo() throws {
        try withHull { hull in
            try hull.expect("create", "--name", "box", "busybox")
            #expect(try hull.run("attach", "box").status == 1)
            #expect(try hull.run("attach", "nobody").status == 1)
        }
    }

    @Test func aClientThatIsKilledLeavesTheContainerRunning() throws {
        try withHull { hull in
            let child = try hull.start([
                "run", "--name", "box", "busybox", "sh", "-c", "echo ready; sleep 0.7; echo late; exit 6",
            ])
            #expect(child.waits(for: "ready"))
            child.signal(SIGKILL)
            #expect(try child.finish().status == 137)
            #expect(try hull.expect("wait", "box") == "6")
            #expect(try hull.expect("logs", "box") == "ready\nlate")
        }
    }
}
