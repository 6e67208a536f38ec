import Glibc
import LinuxSystem
import Testing

/// Images in micro-VMs, as a user runs them.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct MicroVMTests {
    @Test func nothingIsLeftOfManyOneAfterAnother() throws {
        try withMachines { hull in
            for number in 0..<50 {
                let outcome = try hull.run("run", "--rm", "--isolation=vm", "busybox", "sh", "-c", "exit \(number)")
                #expect(outcome.status == CInt(number), "\(outcome)")
            }
            // The command does not wait for the directory's removal.
            let isEmpty = Clock.wait(seconds: 10) { HostSnapshot.names(hull.root + "/containers").isEmpty }
            #expect(isEmpty)
        }
    }

    @Test func twoAtOnceKeepApart() throws {
        try withMachines { hull in
            let words = ["run", "--rm", "-i", "--isolation=vm", "busybox", "cat"]
            let first = try hull.start(words, input: .open)
            let second = try hull.start(words, input: .open)
            first.send("first\n")
            second.send("second\n")
            #expect(first.waits(for: "first") && second.waits(for: "second"))
            first.closeInput()
            second.closeInput()
            #expect(try first.finish().output == "first")
            #expect(try second.finish().output == "second")
        }
    }

    @Test func aMonitorThatIsKilledEndsItsContainer() throws {
        try withMachines { hull in
            try hull.expect("run", "-d", "--isolation=vm", "--name", "box", "busybox", "sleep", "100")
            kill(try pid(hull), SIGKILL)
            #expect(try hull.expect("wait", "box") == "137")
            #expect(HostSnapshot.processesNaming("hull-vmm").isEmpty)
            try hull.expect("start", "box")
            #expect(try hull.expect("exec", "box", "echo", "again") == "again")
        }
    }

    @Test func aMonitorIsOneProcessInNamespacesOfItsOwn() throws {
        try withMachines { hull in
            try hull.expect("run", "-d", "--isolation=vm", "--name", "box", "busybox", "sleep", "100")
            let monitor = try pid(hull)
            #expect(HostSnapshot.processesNaming("hull-vmm") == [monitor])
            for name in ["mnt", "net", "pid", "ipc", "uts", "cgroup"] {
                let its = try tool("readlink", "/proc/\(monitor)/ns/\(name)").output
                let ours = try tool("readlink", "/proc/self/ns/\(name)").output
                #expect(its != ours, "\(name)")
            }
            #expect(try tool("ls", "-A", "/proc/\(monitor)/root/").output.isEmpty)
            try hull.expect("rm", "-f", "box")
        }
    }

    @Test func aSupervisorThatIsKilledTakesItsMachineAlong() throws {
        try withMachines { hull in
            try hull.expect("run", "-d", "--isolation=vm", "--name", "box", "busybox", "sleep", "100")
            let monitor = try pid(hull)
            // Its parent (proc_pid_stat(5), field 4).
            let fields = HostSnapshot.text("/proc/\(monitor)/stat").split(separator: ")").last?.split(separator: " ")
            kill(try #require(fields.flatMap { pid_t($0[1]) }), SIGKILL)
            let isOver = Clock.wait(seconds: 10) { kill(monitor, 0) != 0 }
            #expect(isOver)
            #expect(try hull.expect("ps", "-a", "--format", "{{.State}}") == "exited")
            #expect(try hull.expect("inspect", "-f", "{{.State.ExitCode}}", "box") == "137")
        }
    }

    @Test func theCommandIsKilledAtAnyMoment() throws {
        try withMachines { hull in
            for delay in stride(from: 0, to: 800_000, by: 80_000) {
                let child = try hull.start(["run", "--rm", "--isolation=vm", "busybox", "true"])
                usleep(useconds_t(delay))
                child.signal(SIGKILL)
                _ = try child.finish()
                #expect(try hull.run("ps", "-a").status == 0)
            }
            let isOver = try Clock.wait(seconds: 30) { try hull.expect("ps", "-q").isEmpty }
            #expect(isOver)
            // What was killed between its creation and its start is a container as `create` makes them.
            for id in try hull.run("ps", "-aq", "-f", "status=created").lines where !id.isEmpty {
                try hull.expect("rm", id)
            }
            let left = try hull.expect("ps", "-a", "-q")
            #expect(left.isEmpty, "\(left)")
        }
    }

    /// The command, its supervisor, or one of the monitor's two processes. A failure is repeated with HULL_TEST_SEED.
    @Test func whoeverIsKilledAtARandomMomentTheNextCommandTellsTheTruth() throws {
        let seed = Environment.variable("HULL_TEST_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32)
        print("HULL_TEST_SEED=\(seed)")
        var random = RepeatableNumbers(state: seed)
        try withMachines { hull in
            try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true")
            for round in 0..<40 {
                let words = ["run", "--isolation=vm", "--name", "box", "busybox", "sleep", "0.3"]
                let child = try hull.start(words)
                usleep(useconds_t(random.next() % 500_000))
                let family = [child.pid] + HostSnapshot.descendants(of: child.pid)
                let place = Int(random.next() % UInt64(family.count))
                kill(family[place], SIGKILL)
                let outcome = try child.finish(seconds: 30)
                let list = try hull.run("ps", "-a", "--format", "{{.State}}")
                let what = "seed \(seed), round \(round), \(place) of \(family.count): \(outcome), \(list)"
                #expect(list.status == 0 && list.errors.isEmpty, "\(what)")
                // Without its command a container goes on, and ends by itself.
                if place != 0 { #expect(!list.output.contains("running"), "\(what)") }
                let isOver = try Clock.wait(seconds: 10) {
                    try hull.expect("ps", "-q").isEmpty && HostSnapshot.processesNaming("hull-vmm").isEmpty
                }
                #expect(isOver, "\(what): \(HostSnapshot.processesNaming("hull-vmm"))")
                // It may have been killed before there was a container.
                for id in try hull.run("ps", "-aq").lines where !id.isEmpty { try hull.expect("rm", "-f", id) }
                let isGone = Clock.wait(seconds: 10) { HostSnapshot.names(hull.root + "/containers").isEmpty }
                #expect(isGone && HostSnapshot.names(hull.root + "/names").isEmpty, "\(what)")
            }
        }
    }

    /// Numbers that come again with the same start (SplitMix64).
    private struct RepeatableNumbers {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
    }

    @Test func aGuestThatHangsIsKilled() throws {
        try withMachines { hull in
            try hull.expect("run", "-d", "--isolation=vm", "--name", "box", "busybox", "sleep", "100")
            // A monitor that stands still is a guest that says nothing any more.
            kill(try pid(hull), SIGSTOP)
            try hull.expect("kill", "box")
            #expect(try hull.expect("wait", "box") == "137")
        }
    }

    @Test(.enabled(if: sysconf(CInt(_SC_NPROCESSORS_ONLN)) > 1, "this host has one processor"))
    func aGuestHasTheProcessorsThatWereAskedFor() throws {
        try withMachines { hull in
            #expect(try hull.expect("run", "--rm", "--isolation=vm", "--cpus", "1.5", "busybox", "nproc") == "2")
            #expect(try hull.expect("run", "--rm", "--isolation=vm", "busybox", "nproc") == "1")
            try hull.expect("run", "-d", "--isolation=vm", "--cpus", "2", "--name", "box", "busybox", "sleep", "100")
            let busy = "for i in 1 2 3 4; do (while :; do :; done) & done; sleep 0.3; nproc; kill $(jobs -p)"
            #expect(try hull.expect("exec", "box", "sh", "-c", busy) == "2")
            for _ in 0..<3 {
                try hull.expect("pause", "box")
                try hull.expect("unpause", "box")
                #expect(try hull.expect("exec", "box", "nproc") == "2")
            }
            try hull.expect("stop", "-t", "1", "box")
            try hull.expect("start", "box")
            #expect(try hull.expect("exec", "box", "nproc") == "2")
            try hull.expect("kill", "box")
            #expect(try hull.expect("wait", "box") == "137")
        }
    }

    /// Without a KVM: its device is not there, is not one, or is not permitted. A container that would have to be started
    /// is none, and a template is not to blame.
    @Test(arguments: [
        (
            "mkdir dev; mount -t tmpfs x dev; touch dev/null; mount --bind /dev/null dev/null; mount --rbind dev /dev",
            "is missing"
        ),
        ("touch file; mount --bind file /dev/kvm", "is no KVM"),
        ("mount --bind /dev/null /dev/kvm", "is no KVM"),
        (
            "mkdir dev; mount -t tmpfs -o nodev x dev; mknod dev/kvm c 10 232; mount --bind dev/kvm /dev/kvm",
            "may not be opened"
        ),
    ])
    func withoutKVMNothingIsRun(_ hiding: String, _ reason: String) throws {
        try withMachines { hull in
            try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true")
            try hull.expect("create", "--isolation=vm", "--name", "made", "busybox", "true")
            let template = try hull.expect("template", "list", "--format", "json")
            func run(_ words: String) throws {
                let outcome = try hull.script("cd \"$1\"; unshare -m sh -c '\(hiding); exec \"$0\" \(words)' \"$0\"")
                #expect(outcome.status == 125, "\(outcome)")
                #expect(outcome.output.isEmpty, "\(outcome)")
                #expect(outcome.errors.contains("/dev/kvm \(reason)"), "\(outcome)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
                Environment.removeTree(hull.directory + "/dev")
            }
            try run("run --isolation=vm busybox touch /made")
            #expect(try hull.expect("ps", "-a", "--format", "{{.Names}}") == "made")
            try run("start -a made")
            #expect(try hull.expect("template", "list", "--format", "json") == template)
            try hull.expect("start", "-a", "made")
            try hull.expect("rm", "made")
        }
    }

    @Test func aDistributionIsUsed() throws {
        let archive = try TestImages.debian()
        try withMachines { hull in
            try hull.expect("import", "-c", "CMD [\"bash\"]", archive, "debian:12")
            let script = """
                set -euo pipefail
                . /etc/os-release; echo $ID $VERSION_ID
                dpkg-query -W -f '${Status}\\n' bash
                perl -e 'print 6 * 7, "\\n"'
                su -s /bin/bash nobody -c 'id -un'
                """
            let outcome = try hull.run(
                "run", "--rm", "-i", "--isolation=vm", "debian:12", "bash", input: Array(script.utf8))
            #expect(outcome.lines == ["debian 12", "install ok installed", "42", "nobody"], "\(outcome)")
        }
    }

    @Test(arguments: [[], ["--cold"]])
    func memoryThatAWorkloadNoLongerUsesGoesBack(_ options: [String]) throws {
        try withMachines { hull in
            let words = ["run", "-d", "--isolation=vm", "--name", "box"] + options
            let outcome = try hull.start(words + ["busybox", "sleep", "1000"]).finish()
            #expect(outcome.status == 0, "\(outcome)")
            let monitor = try pid(hull)
            let before = resident(monitor)
            for _ in 0..<2 {
                // Its buffer is filled, and goes with its process.
                try hull.expect("exec", "box", "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1")
                // The guest reports free memory every two seconds.
                let isBack = Clock.wait(seconds: 30) { resident(monitor) < before + 80 << 20 }
                #expect(isBack, "\(before) before, \(resident(monitor)) after")
            }
            #expect(peak(monitor) > before + 150 << 20)
            #expect(try hull.expect("exec", "box", "sh", "-c", "head -c 50000000 /dev/zero | wc -c") == "50000000")
            try hull.expect("rm", "-f", "box")
        }
    }

    /// Bytes of a process that are in memory (proc_pid_status(5)).
    private func resident(_ pid: pid_t) -> Int { kilobytes("VmRSS:", pid) << 10 }

    /// The most that it had.
    private func peak(_ pid: pid_t) -> Int { kilobytes("VmHWM:", pid) << 10 }

    private func kilobytes(_ name: String, _ pid: pid_t) -> Int {
        let lines = HostSnapshot.text("/proc/\(pid)/status").split(separator: "\n")
        let words = lines.first { $0.hasPrefix(name) }?.split { $0 == " " || $0 == "\t" }
        return words.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0
    }

    /// The machine's process.
    private func pid(_ hull: Hull) throws -> pid_t {
        guard case .integer(let pid) = try hull.inspect("box", "State", "Pid") else { throw NoMonitor() }
        return pid_t(pid)
    }

    private struct NoMonitor: Error {}
}
