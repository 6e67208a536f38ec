import Glibc
import JSON
import Testing

/// Running micro-VMs that a user has written down, and machines that go on from there.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct UserSnapshotTests {
    /// A workload that counts, in memory and in a file.
    private static let counter =
        "n=0; trap 'echo got the signal; exit 7' TERM; "
        + "while :; do n=$((n+1)); echo $n > /count; echo count $n; sleep 0.1; done"

    private func startCounter(_ hull: Hull, _ options: String...) throws {
        let words = ["run", "-d", "--isolation=vm", "--name", "source"] + options + ["busybox", "sh", "-c"]
        let outcome = try hull.start(words + [Self.counter]).finish()
        try #require(outcome.status == 0, "\(outcome)")
        try #require(try count(hull, "source", reaches: 3))
    }

    private func count(_ hull: Hull, _ name: String, reaches least: Int) throws -> Bool {
        try Clock.wait { try counts(hull, name).last ?? 0 >= least }
    }

    /// What a container's log has counted.
    private func counts(_ hull: Hull, _ name: String) throws -> [Int] {
        try hull.run("logs", name).lines.compactMap { $0.hasPrefix("count ") ? Int($0.dropFirst(6)) : nil }
    }

    @Test func severalMachinesGoOnWhileTheFirstRunsOn() throws {
        try withMachines { hull in
            try startCounter(hull)
            #expect(try hull.expect("snapshot", "create", "saved", "source") == "saved")
            let before = try #require(counts(hull, "source").last)
            try hull.expect("run", "-d", "--from-snapshot", "saved", "--name", "one")
            try hull.expect("run", "-d", "--from-snapshot", "saved", "--name", "two")
            let names = ["source", "one", "two"]
            for name in names { #expect(try count(hull, name, reaches: before + 5)) }
            // The workload's memory is the snapshot's: it counts on and not anew, and misses no number.
            for name in names.dropFirst() {
                let counted = try counts(hull, name)
                #expect(counted.first ?? 0 >= 3 && counted.first ?? 0 <= before + 1, "\(counted)")
                #expect(counted == Array((counted.first ?? 0)..<(counted.first ?? 0) + counted.count), "\(counted)")
            }
            // Each is a machine of its own.
            let script =
                "hostname; cat /etc/hostname; head -c 16 /dev/urandom | od -An -tx1; cat /proc/sys/kernel/random/uuid"
            var seen: Set<String> = []
            for name in names {
                let lines = try hull.run("exec", name, "sh", "-c", script).lines
                let id = try hull.expect("inspect", "-f", "{{.Id}}", name)
                #expect(lines.count == 4 && lines[0] == lines[1] && id.hasPrefix(lines[0]), "\(lines)")
                seen.formUnion(lines)
                let time = try #require(Int(try hull.expect("exec", name, "date", "+%s")))
                #expect(abs(time - Glibc.time(nil)) <= 2)
            }
            #expect(seen.count == 9, "\(seen)")
            #expect(try hull.expect("ps", "-q").split(separator: "\n").count == 3)
            try hull.expect("stop", "one")
            #expect(try hull.expect("inspect", "-f", "{{.State.ExitCode}}", "one") == "7")
            #expect(try hull.run("logs", "one").output.hasSuffix("got the signal"))
            try hull.expect("kill", "two")
            #expect(try hull.expect("wait", "two") == "137")
            try hull.expect("rm", "-f", "source", "one", "two")
            try hull.expect("snapshot", "rm", "saved")
        }
    }

    @Test func aCopyCanBeWrittenDownAgainAndTheSourceEnded() throws {
        try withMachines { hull in
            try startCounter(hull, "--cold")
            try hull.expect("snapshot", "create", "--stop", "first", "source")
            #expect(try hull.expect("wait", "source") == "137")
            let before = try #require(counts(hull, "source").last)
            try hull.expect("run", "-d", "--from-snapshot", "first", "--name", "one")
            #expect(try count(hull, "one", reaches: before + 3))
            try hull.expect("snapshot", "create", "second", "one")
            let later = try #require(counts(hull, "one").last)
            try hull.expect("run", "-d", "--from-snapshot", "second", "--name", "two")
            #expect(try count(hull, "two", reaches: later + 3))
            #expect(try counts(hull, "two").first ?? 0 > before)
            try hull.expect("rm", "-f", "source", "one", "two")
        }
    }

    @Test func theDiskForChangesGoesAlong() throws {
        try withMachines { hull in
            try startCounter(hull, "--storage-size", "64m")
            try hull.expect("exec", "source", "sh", "-c", "echo early > /file")
            try hull.expect("snapshot", "create", "saved", "source")
            try hull.expect("exec", "source", "sh", "-c", "echo late > /file; sync")
            for name in ["one", "two"] {
                try hull.expect("run", "-d", "--from-snapshot", "saved", "--name", name)
                #expect(try hull.expect("exec", name, "cat", "/file") == "early")
                try hull.expect(
                    "exec", name, "sh", "-c", "echo \(name) > /file; sync; echo 3 > /proc/sys/vm/drop_caches || :")
            }
            #expect(try hull.expect("exec", "one", "cat", "/file") == "one")
            #expect(try hull.expect("exec", "source", "cat", "/file") == "late")
            // Started anew it has its files, and its command begins again.
            try hull.expect("stop", "one")
            try hull.expect("start", "one")
            #expect(try hull.expect("exec", "one", "cat", "/file") == "one")
            #expect(try counts(hull, "one").contains(1))
            try hull.expect("snapshot", "inspect", "saved")
            try tool(
                "sh", "-c", "printf x | dd of=\"$0\" bs=1 seek=5000 conv=notrunc 2>/dev/null",
                hull.root + "/snapshots/saved/storage.ext4")
            try hull.expectFailure(
                "run", "--from-snapshot", "saved", status: 125,
                says: "snapshot saved cannot be used: its storage.ext4 was changed")
            try hull.expect("rm", "-f", "source", "one", "two")
        }
    }

    @Test func inputAndOutputAreThoseOfTheNewCommand() throws {
        try withMachines { hull in
            let source = try hull.start(
                ["run", "-i", "--rm", "--isolation=vm", "--name", "source", "busybox", "cat"], input: .open)
            source.send("to the source\n")
            #expect(source.waits(for: "to the source"))
            try hull.expect("snapshot", "create", "saved", "source")
            let copy = try hull.run(
                "run", "-i", "--rm", "--from-snapshot", "saved", input: Array("to the copy\n".utf8))
            #expect(copy.status == 0 && copy.output == "to the copy" && copy.errors.isEmpty, "\(copy)")
            source.send("again\n")
            source.closeInput()
            #expect(try source.finish().output == "to the source\nagain")
            let terminal = try hull.run("run", "-t", "--rm", "--from-snapshot", "saved")
            #expect(terminal.status == 125 && terminal.errors.contains("has no terminal"), "\(terminal)")
        }
    }

    @Test func aTerminalIsConnectedAnew() throws {
        try withMachines { hull in
            try hull.expect(
                "run", "-dit", "--isolation=vm", "--name", "source", "busybox", "sh", "-c",
                "while read line; do echo \"heard $line\"; done")
            try hull.expect("snapshot", "create", "saved", "source")
            let pseudoterminal = try Pseudoterminal(rows: 30, columns: 100)
            let copy = try hull.start(
                ["run", "-it", "--rm", "--from-snapshot", "saved", "--name", "copy"], on: pseudoterminal)
            copy.send("hello\n")
            #expect(copy.waits(for: "heard hello"))
            #expect(try hull.expect("exec", "copy", "sh", "-c", "stty size < /proc/1/fd/0") == "30 100")
            copy.send("\u{4}")
            #expect(try copy.finish().status == 0)
            try hull.expect("rm", "-f", "source")
        }
    }

    @Test func whatCannotBeIsRefusedWithItsReason() throws {
        try withMachines { hull in
            try startCounter(hull)
            try hull.expect("run", "-d", "--name", "container", "busybox", "sleep", "100")
            try hull.expectFailure(
                "snapshot", "create", "x1", "container", status: 1, says: "a container cannot be written down")
            try hull.expectFailure("snapshot", "create", "x1", "nobody", status: 1, says: "no such container")
            try hull.expectFailure("snapshot", "create", "../x1", "source", status: 1, says: "invalid name")
            try hull.expect("pause", "source")
            try hull.expectFailure("snapshot", "create", "x1", "source", status: 1, says: "paused: unpause it first")
            try hull.expect("unpause", "source")
            try hull.expect("snapshot", "create", "saved", "source")
            try hull.expectFailure("snapshot", "create", "saved", "source", status: 1, says: "is there already")
            for (words, reason) in [
                (["-e", "A=b"], "--env has no meaning"), (["--memory", "1g"], "--memory has no meaning"),
                (["-i"], "has no standard input"), (["busybox", "true"], "no image or command goes with"),
                (["--isolation=container"], "snapshots are of micro-VMs"), (["--cold"], "--cold has no meaning"),
            ] {
                let outcome = try hull.start(["run", "--from-snapshot", "saved"] + words).finish()
                #expect(outcome.status == 125 && outcome.errors.contains(reason), "\(outcome)")
            }
            try hull.expectFailure("run", "--from-snapshot", "other", status: 125, says: "no such snapshot: other")
            try hull.expectFailure("run", status: 125, says: "'run' takes IMAGE")
            #expect(try hull.expect("run", "--explain", "--from-snapshot", "saved").contains("from snapshot saved"))
            try hull.expect("kill", "source")
            try hull.expectFailure("snapshot", "create", "x1", "source", status: 1, says: "not running")
            #expect(HostSnapshot.names(hull.root + "/snapshots").filter { $0 != ".lock" } == ["saved"])
            try hull.expect("rm", "-f", "source", "container")
        }
    }

    @Test func aDamagedOrForeignOneIsRefusedAndTheImageIsKept() throws {
        try withMachines { hull in
            try startCounter(hull)
            try hull.expect("snapshot", "create", "saved", "source")
            try hull.expect("rm", "-f", "source")
            try hull.expectFailure("rmi", "busybox", status: 1, says: "snapshot saved uses it")
            try hull.expect("rmi", "-f", "busybox")
            try hull.expect("image", "prune", "-af")
            try hull.expect("run", "-d", "--rm", "--from-snapshot", "saved", "--name", "copy")
            #expect(try hull.expect("exec", "--user", "root", "copy", "echo", "runs") == "runs")
            try hull.expect("rm", "-f", "copy")
            for (file, reason) in [("memory", "memory file was changed"), ("state", "state is not")] {
                let path = "\(hull.root)/snapshots/saved/\(file)"
                try tool("sh", "-c", "printf x | dd of=\"$0\" bs=1 seek=2000 conv=notrunc 2>/dev/null", path)
                try hull.expectFailure("run", "--from-snapshot", "saved", status: 125, says: reason)
                try hull.expectFailure("snapshot", "inspect", "saved", status: 1, says: reason)
            }
            chmod(hull.root + "/snapshots/saved/state", 0o666)
            try hull.expectFailure("run", "--from-snapshot", "saved", status: 125, says: "others may write to it")
            try hull.expect("snapshot", "rm", "saved")
            try hull.expect("image", "prune", "-af")
            #expect(HostSnapshot.names(hull.root + "/disks/sha256").isEmpty)
            #expect(try hull.expect("ps", "-aq").isEmpty)
        }
    }

    @Test func whoeverIsKilledMeanwhileNoHalfIsEverUsed() throws {
        try withMachines { hull in
            try startCounter(hull)
            for milliseconds in [20, 60, 120, 250, 500] {
                let maker = try hull.start(["snapshot", "create", "saved", "source"])
                usleep(UInt32(milliseconds) * 1000)
                kill(maker.pid, SIGKILL)
                _ = try maker.finish()
                if try hull.expect("snapshot", "list", "--format", "json").isEmpty {
                    try hull.expect("snapshot", "create", "saved", "source")
                }
                try hull.expect("snapshot", "inspect", "saved")
                let user = try hull.start(["run", "--rm", "--from-snapshot", "saved"])
                usleep(UInt32(milliseconds) * 1000)
                kill(user.pid, SIGKILL)
                _ = try user.finish()
                try hull.expect("snapshot", "rm", "saved")
            }
            let before = try #require(counts(hull, "source").last)
            #expect(try count(hull, "source", reaches: before + 2))
            try hull.expect("snapshot", "create", "last", "source")
            #expect(HostSnapshot.names(hull.root + "/snapshots").filter { $0 != ".lock" } == ["last"])
            for id in try hull.expect("ps", "-aq").split(separator: "\n") { try hull.expect("rm", "-f", String(id)) }
            #expect(Clock.wait { HostSnapshot.names(hull.root + "/containers").isEmpty })
        }
    }

    @Test(arguments: ["machine", "supervisor"])
    func whereTheSourceIsKilledMeanwhileThereIsAWholeOneOrNone(_ victim: String) throws {
        try withMachines { hull in
            try startCounter(hull)
            for milliseconds in [10, 60, 120] {
                let machine = try #require(pid_t(try hull.expect("inspect", "-f", "{{.State.Pid}}", "source")))
                // Its parent (proc_pid_stat(5), field 4).
                let fields = HostSnapshot.text("/proc/\(machine)/stat").split(separator: ")").last?.split(
                    separator: " ")
                let supervisor = try #require(fields.flatMap { pid_t($0[1]) })
                let maker = try hull.start(["snapshot", "create", "saved", "source"])
                usleep(UInt32(milliseconds) * 1000)
                kill(victim == "machine" ? machine : supervisor, SIGKILL)
                let outcome = try maker.finish()
                if outcome.status == 0 {
                    try hull.expect("snapshot", "inspect", "saved")
                    try hull.expect("snapshot", "rm", "saved")
                } else {
                    #expect(outcome.status == 1 && outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
                    #expect(try hull.expect("snapshot", "list", "--format", "json").isEmpty)
                }
                let isOver = try Clock.wait { try hull.expect("ps", "-q").isEmpty }
                #expect(isOver)
                try hull.expect("start", "source")
            }
            try hull.expect("snapshot", "create", "saved", "source")
            #expect(HostSnapshot.names(hull.root + "/snapshots").filter { $0 != ".lock" } == ["saved"])
            try hull.expect("rm", "-f", "source")
        }
    }

    @Test func manyAtOnceDoNotDisturbEachOther() throws {
        try withMachines { hull in
            try startCounter(hull)
            let outcome = try hull.script(
                """
                for n in 1 2 3 4; do "$0" snapshot create "saved$n" source & done; wait
                for n in 1 2 3 4; do for m in 1 2; do "$0" run -d --from-snapshot "saved$n" > /dev/null & done; done; wait
                "$0" ps -q | wc -l
                "$0" snapshot inspect saved1 saved2 saved3 saved4 > /dev/null
                "$0" rm -f $("$0" ps -q) > /dev/null
                """)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            #expect(outcome.lines.sorted() == ["9", "saved1", "saved2", "saved3", "saved4"], "\(outcome)")
        }
    }
}
