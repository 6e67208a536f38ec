import Glibc
import JSON
import Testing

@Suite struct SecurityTests {
    private func status(_ hull: Hull, _ field: String, _ options: String...) throws -> String {
        let outcome = try hull.start(["run", "--rm"] + options + ["busybox", "grep", field, "/proc/self/status"])
            .finish()
        return String(outcome.output.split(separator: "\t").last ?? "\(outcome)")
    }

    @Test func capabilitiesAreDockersAndChangeAsAsked() throws {
        try withHull { hull in
            #expect(try status(hull, "CapEff") == "00000000a80425fb")
            #expect(try status(hull, "CapBnd") == "00000000a80425fb")
            #expect(try status(hull, "CapEff", "--cap-drop", "ALL") == "0000000000000000")
            #expect(try status(hull, "CapBnd", "--cap-drop", "ALL") == "0000000000000000")
            #expect(try status(hull, "CapEff", "--cap-drop", "all", "--cap-add", "CHOWN") == "0000000000000001")
            #expect(try status(hull, "CapEff", "--cap-add", "NET_ADMIN") == "00000000a80435fb")
            // An ordinary user has them in the bounding set only.
            #expect(try status(hull, "CapEff", "-u", "1000") == "0000000000000000")
            try hull.expectFailure("run", "--rm", "--cap-add", "NOTHING", "busybox", status: 125, says: "NOTHING")
        }
    }

    @Test func aDeniedSystemCallFails() throws {
        try withHull { hull in
            #expect(try status(hull, "Seccomp:") == "2")
            let denied = try hull.run("run", "--rm", "busybox", "unshare", "-U", "true")
            #expect(denied.status != 0 && denied.errors.contains("not permitted"), "\(denied)")
            let free = try hull.run(
                "run", "--rm", "--security-opt", "seccomp=unconfined", "busybox", "unshare", "-U", "true")
            #expect(free.status == 0, "\(free)")
            #expect(try status(hull, "Seccomp:", "--security-opt", "seccomp=unconfined") == "0")
        }
    }

    @Test func aProfileOfTheUsersOwnCounts() throws {
        try withHull { hull in
            let profile = try hull.file(
                "profile.json",
                #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}"#
            )
            let outcome = try hull.run(
                "run", "--rm", "--security-opt", "seccomp=\(profile)", "busybox", "mkdir", "/tmp/x")
            #expect(outcome.errors.contains("No space left"), "\(outcome)")
            try hull.expectFailure(
                "run", "--rm", "--security-opt", "seccomp=/nothing", "busybox", status: 125, says: "/nothing")
            let broken = try hull.file("broken.json", "{\"defaultAction\":\"SCMP_ACT_WHAT\"}")
            try hull.expectFailure(
                "run", "--rm", "--security-opt", "seccomp=\(broken)", "busybox", status: 125, says: "SCMP_ACT_WHAT")
        }
    }

    @Test func privilegesCanBeKeptFromGrowing() throws {
        try withHull { hull in
            let usual = try status(hull, "NoNewPrivs")
            let kept = try status(hull, "NoNewPrivs", "--security-opt", "no-new-privileges")
            #expect(usual == "0" && kept == "1")
        }
    }

    @Test func theRootCanBeReadOnly() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "run", "--rm", "--read-only", "--tmpfs", "/scratch", "busybox", "sh", "-c",
                "touch /scratch/a && echo scratch; touch /a || echo root")
            #expect(outcome.output == "scratch\nroot", "\(outcome)")
            #expect(outcome.errors.contains("Read-only file system"), "\(outcome)")
        }
    }

    @Test func theHostsKernelIsNotForTheContainer() throws {
        try withHull { hull in
            let script = """
                for path in /proc/kcore /proc/keys /proc/timer_list; do [ -e $path ] && [ -s $path ] && cat $path | head -c 1; done
                echo x > /proc/sys/kernel/hostname || echo sys
                echo b > /proc/sysrq-trigger || echo sysrq
                mkdir /sys/x || echo sysfs
                ls /proc/acpi /sys/firmware 2>/dev/null | grep -v :
                mount -t tmpfs none /tmp || echo mount
                """
            let outcome = try hull.run("run", "--rm", "busybox", "sh", "-c", script)
            #expect(outcome.lines.filter { !$0.isEmpty } == ["sys", "sysrq", "sysfs", "mount"], "\(outcome)")
        }
    }

    @Test func devicesAreTheStandardOnesAndThoseAskedFor() throws {
        try withHull { hull in
            let standard = try hull.expect("run", "--rm", "busybox", "ls", "/dev").split(separator: "\n")
            for name in [
                "null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "stdin", "fd",
            ] {
                #expect(standard.contains(Substring(name)), "\(name): \(standard)")
            }
            #expect(!standard.contains("vda") && !standard.contains("mem") && !standard.contains("loop-control"))
            #expect(try hull.expect("run", "--rm", "busybox", "sh", "-c", "head -c 3 /dev/zero | wc -c") == "3")
            // The node alone does not open a device: its group of control denies it.
            let denied = try hull.run("run", "--rm", "busybox", "sh", "-c", "mknod /m c 1 1 && head -c 1 /m")
            #expect(denied.errors.contains("not permitted"), "\(denied)")
            let given = try hull.expect(
                "run", "--rm", "--device", "/dev/zero:/dev/given:r", "busybox", "sh", "-c",
                "head -c 2 /dev/given | wc -c")
            #expect(given == "2")
        }
    }

    @Test func onlyDescriptorsOfItsOwnAreOpen() throws {
        try withHull { hull in
            let outcome = try hull.run("run", "--rm", "-i", "busybox", "ls", "/proc/self/fd")
            // The fourth is the directory that is being listed.
            #expect(outcome.lines == ["0", "1", "2", "3"], "\(outcome)")
        }
    }
}
