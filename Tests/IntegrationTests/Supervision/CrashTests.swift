import Glibc
import JSON
import Testing

/// Whatever is killed, the next command tells the truth, and nothing stays that nobody needs.
@Suite struct CrashTests {
    private func supervisor(_ hull: Hull, _ name: String) throws -> pid_t {
        guard case .integer(let pid) = try hull.inspect(name, "State", "Pid") else { throw NoProcess() }
        let stat = HostSnapshot.text("/proc/\(pid)/stat")
        guard let parent = stat.split(separator: ")").last?.split(separator: " ").dropFirst().first,
            let number = pid_t(parent), number > 1
        else { throw NoProcess() }
        return number
    }

    private struct NoProcess: Error {}

    @Test func aKilledSupervisorIsNoticed() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sh", "-c", "echo kept; sleep 1000")
            #expect(hull.logsContain("box", "kept"))
            kill(try supervisor(hull, "box"), SIGKILL)
            let isTold = try Clock.wait(seconds: 5) {
                try hull.inspect("box", "State", "Running") == .bool(false)
            }
            #expect(isTold)
            #expect(try hull.expect("ps", "-q").isEmpty)
            #expect(try hull.expect("ps", "-a", "-q").isEmpty == false)
            #expect(try hull.expect("logs", "box") == "kept")
            // And it is started again as if nothing had happened.
            try hull.expect("start", "box")
            #expect(try hull.inspect("box", "State", "Running") == .bool(true))
            try hull.expect("rm", "-f", "box")
        }
    }

    @Test func aSupervisorKilledWithItsContainerLeavesNothing() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--rm", "--name", "box", "busybox", "sleep", "1000")
            guard case .integer(let pid) = try hull.inspect("box", "State", "Pid") else { throw NoProcess() }
            kill(try supervisor(hull, "box"), SIGKILL)
            kill(pid_t(pid), SIGKILL)
            usleep(100_000)
            _ = try hull.run("ps", "-a")
            try hull.expect("run", "--rm", "--name", "box", "busybox", "true")
        }
    }

    @Test func theCommandIsKilledAtAnyMoment() throws {
        try withHull { hull in
            for delay in stride(from: 0, to: 40_000, by: 1_500) {
                let child = try hull.start(["run", "--rm", "--name", "box\(delay)", "busybox", "sh", "-c", "exit 0"])
                usleep(useconds_t(delay))
                child.signal(SIGKILL)
                _ = try child.finish()
                #expect(try hull.run("ps", "-a").status == 0)
            }
            let isOver = try Clock.wait(seconds: 10) { try hull.expect("ps", "-q").isEmpty }
            #expect(isOver)
            // Killed between its creation and its start it is a container as `create` makes them.
            let left = try hull.run("ps", "-a", "-q", "-f", "status=created").lines.filter { !$0.isEmpty }
            for id in left { try hull.expect("rm", id) }
            try expectQuiet(hull)
        }
    }

    @Test func everythingIsKilledAtAnyMoment() throws {
        try withHull { hull in
            for delay in stride(from: 0, to: 40_000, by: 1_500) {
                let child = try hull.start(["run", "--name", "box\(delay)", "busybox", "sh", "-c", "sleep 0.01"])
                usleep(useconds_t(delay))
                // The command, its supervisor and the container's processes, as when a machine goes down.
                let all = HostSnapshot.processesNaming(hull.directory) + HostSnapshot.descendants(of: child.pid)
                for pid in Set(all) { kill(pid, SIGKILL) }
                _ = try child.finish()
                let list = try hull.run("ps", "-a", "--format", "json")
                #expect(list.status == 0, "\(list)")
                #expect(!list.output.contains("\"running\""), "\(list)")
            }
            for id in try hull.run("ps", "-a", "-q").lines where !id.isEmpty { try hull.expect("rm", "-f", id) }
            try expectQuiet(hull)
        }
    }

    /// All names are free again, all containers gone.
    private func expectQuiet(_ hull: Hull) throws {
        let isQuiet = try Clock.wait(seconds: 10) { try hull.expect("ps", "-a", "-q").isEmpty }
        let left = try hull.run("ps", "-a")
        #expect(isQuiet, "\(left)")
        #expect(HostSnapshot.names(hull.root + "/names").isEmpty)
        #expect(Clock.wait { HostSnapshot.names(hull.root + "/containers").isEmpty })
    }
}
