import Glibc
import JSON
import Testing

@Suite struct ObservationTests {
    @Test func eventsTellWhatHappened() throws {
        try withHull { hull in
            let follower = try hull.start(["events", "--format", "json"])
            usleep(200_000)
            try hull.expect("run", "--rm", "--name", "box", "busybox", "true")
            #expect(follower.waits(for: "\"destroy\""))
            follower.signal(SIGINT)
            let actions = try follower.finish().output.split(separator: "\n").compactMap {
                try JSONParser.parse(String($0))["Action"]?.stringValue
            }
            for action in ["create", "start", "die", "destroy"] { #expect(actions.contains(action), "\(actions)") }
        }
    }

    @Test func processesAreListed() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sh", "-c", "sleep 1000 & sleep 1001; true")
            let listed = try Clock.wait(seconds: 5) {
                let top = try hull.expect("top", "box")
                return top.contains("sleep 1000") && top.contains("sleep 1001")
            }
            #expect(listed)
            #expect(try hull.run("top", "nobody").status == 1)
        }
    }

    @Test func usageIsMeasured() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "--memory", "64m", "busybox", "sleep", "1000")
            let stats = try hull.run("stats", "--no-stream", "--format", "json", "box")
            let value = try JSONParser.parse(stats.output)
            #expect(value["Name"]?.stringValue == "box", "\(stats)")
            #expect(value["MemUsage"]?.stringValue?.hasSuffix("/ 64MiB") == true, "\(stats)")
            #expect(value["PIDs"]?.stringValue == "1", "\(stats)")
        }
    }

    @Test func theHostIsDescribed() throws {
        try withHull(busybox: false) { hull in
            #expect(try hull.run("version").status == 0)
            #expect(try hull.run("info").status == 0)
            let doctor = try hull.run("doctor")
            #expect(doctor.output.contains("namespaces") || doctor.output.contains("Namespaces"), "\(doctor)")
        }
    }

    @Test func aDecisionIsExplained() throws {
        try withHull { hull in
            let explained = try hull.run("run", "--explain", "--memory", "64m", "busybox", "true")
            #expect(explained.status == 0 && explained.output.contains("container"), "\(explained)")
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
        }
    }
}
