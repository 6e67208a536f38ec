import Glibc
import JSON
import Testing

@Suite struct LogTests {
    @Test func bothStreamsAreKept() throws {
        try withHull { hull in
            _ = try hull.run("run", "--name", "box", "busybox", "sh", "-c", "echo out; echo err >&2; printf end")
            let logs = try hull.run("logs", "box")
            #expect(logs.output == "out\nend", "\(logs)")
            #expect(logs.errors == "err", "\(logs)")
        }
    }

    @Test func theLastLinesAreTold() throws {
        try withHull { hull in
            _ = try hull.run("run", "--name", "box", "busybox", "seq", "100")
            #expect(try hull.expect("logs", "--tail", "3", "box") == "98\n99\n100")
            #expect(try hull.expect("logs", "--tail", "0", "box").isEmpty)
            #expect(try hull.run("logs", "--tail", "all", "box").lines.count == 100)
        }
    }

    @Test func linesHaveTimesAndAreSelectedByThem() throws {
        try withHull { hull in
            _ = try hull.run("run", "--name", "box", "busybox", "sh", "-c", "echo one; sleep 1.2; echo two")
            let lines = try hull.run("logs", "-t", "box").lines
            #expect(lines.count == 2)
            #expect(lines[0].hasSuffix("Z one") && lines[0].hasPrefix("20"), "\(lines)")
            let second = String(lines[1].prefix { $0 != " " })
            #expect(try hull.expect("logs", "--since", second, "box") == "two")
            #expect(try hull.expect("logs", "--until", second, "box").hasPrefix("one"))
            #expect(try hull.run("logs", "--since", "1h", "box").lines == ["one", "two"])
        }
    }

    @Test func aGrowingLogIsFollowedToItsEnd() throws {
        try withHull { hull in
            try hull.expect(
                "run", "-d", "--name", "box", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done")
            let followed = try hull.run("logs", "-f", "box")
            #expect(followed.output == "1\n2\n3\n4\n5", "\(followed)")
        }
    }

    @Test func withoutADriverNothingIsKept() throws {
        try withHull { hull in
            let outcome = try hull.run("run", "--name", "box", "--log-driver", "none", "busybox", "echo", "x")
            #expect(outcome.output == "x", "\(outcome)")
            let logs = try hull.run("logs", "box")
            #expect(logs.status == 1 && logs.outputBytes.isEmpty && logs.errors.contains("none"), "\(logs)")
        }
    }

    @Test func aLongLineIsWhole() throws {
        try withHull { hull in
            _ = try hull.run(
                "run", "--name", "box", "busybox", "sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo")
            #expect(try hull.expect("logs", "box") == String(repeating: "x", count: 100_000))
        }
    }

    @Test func aLogOfSeveralFilesStaysSmall() throws {
        try withHull { hull in
            _ = try hull.run(
                "run", "--name", "box", "--log-opt", "max-size=20k", "--log-opt", "max-file=2", "busybox", "seq",
                "20000")
            let lines = try hull.run("logs", "box").lines
            #expect(lines.last == "20000")
            #expect(lines.count < 2000 && lines.count > 100, "\(lines.count)")
        }
    }
}
