import Glibc
import JSON
import Testing

@Suite(.enabled(if: RootlessUser.exist, "Tests/Environment/isolated makes the users"))
struct RootlessRunTests {
    @Test func aContainerRunsWithoutRoot() throws {
        try withRootlessHull { hull in
            let outcome = try hull.run("run", "--rm", "busybox", "sh", "-c", "id -u; echo err >&2; exit 5")
            #expect(outcome.status == 5 && outcome.output == "0", "\(outcome)")
            // The one line that says what this user has not.
            #expect(outcome.errors.hasSuffix("err"), "\(outcome)")
            #expect(outcome.errors.split(separator: "\n").count <= 2, "\(outcome)")
        }
    }

    @Test func whatItsUsersMadeIsRemovedWithIt() throws {
        try withRootlessHull { hull in
            let script = "mkdir /tmp/d /tmp/d/e && touch /tmp/d/e/f && chmod 500 /tmp/d/e && chmod 0 /tmp/d"
            for user in ["root", "user"] {
                let outcome = try hull.run("run", "--rm", "-u", user, "busybox", "sh", "-c", script)
                #expect(outcome.status == 0 && outcome.errors.split(separator: "\n").count <= 1, "\(outcome)")
                // The command does not wait for it.
                #expect(Clock.wait { HostSnapshot.names(hull.root + "/containers").isEmpty })
            }
        }
    }

    @Test func itsRootIsTheUserAndItsOtherUsersAreOfTheRange() throws {
        try withRootlessHull { hull in
            let path = hull.directory + "/home/shared"
            mkdir(path, 0o777)
            chown(path, 61000, 61000)
            chmod(path, 0o777)
            try hull.expect("run", "--rm", "-v", "\(path):/data", "busybox", "touch", "/data/root")
            try hull.expect("run", "--rm", "-u", "user", "-v", "\(path):/data", "busybox", "touch", "/data/user")
            var status = stat()
            #expect(stat(path + "/root", &status) == 0 && status.st_uid == 61000)
            // Id 0 is the user, 1 the first of the range.
            #expect(stat(path + "/user", &status) == 0 && status.st_uid == 10_000_000 + 999)
            let refused = try hull.run("run", "--rm", "busybox", "sh", "-c", "mount -t tmpfs none /tmp || echo refused")
            #expect(refused.output == "refused", "\(refused)")
        }
    }

    @Test func aUserWithoutARangeHasOneUser() throws {
        try withRootlessHull(.alone) { hull in
            let outcome = try hull.run("run", "--rm", "busybox", "sh", "-c", "id -u; cat /proc/self/uid_map")
            #expect(outcome.status == 0 && outcome.lines.first == "0", "\(outcome)")
            #expect(outcome.output.contains("61001"), "\(outcome)")
        }
    }

    @Test func itIsIsolatedAsRootsAre() throws {
        try withRootlessHull { hull in
            let script = """
                echo $$; ls /sys/class/net; grep Seccomp: /proc/self/status; touch /new && echo written
                [ -c /dev/null ] && [ ! -e /dev/mem ] && echo devices; hostname
                """
            let outcome = try hull.run("run", "--rm", "-h", "chosen", "busybox", "sh", "-c", script)
            #expect(outcome.lines == ["1", "lo", "Seccomp:\t2", "written", "devices", "chosen"], "\(outcome)")
        }
    }

    @Test func aLimitThatCannotBeSetIsToldInOneLine() throws {
        try withRootlessHull { hull in
            let outcome = try hull.run("run", "--rm", "--memory", "64m", "busybox", "true")
            #expect(outcome.status == 125 || outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
        }
    }

    @Test func containersLiveAndEndAsRootsDo() throws {
        try withRootlessHull { hull in
            let id = try hull.run("run", "-d", "--name", "box", "busybox", "sh", "-c", "echo hello; exec sleep 1000")
                .output
            #expect(try hull.expect("ps", "-q", "--no-trunc") == id)
            #expect(hull.logsContain("box", "hello"))
            let exec = try hull.run("exec", "box", "sh", "-c", "cat /proc/1/comm; exit 4")
            #expect(exec.status == 4 && exec.output == "sleep", "\(exec)")
            try hull.expect("stop", "-t", "1", "box")
            #expect(try hull.inspect("box", "State", "ExitCode") == .integer(137))
            try hull.expect("start", "box")
            try hull.expect("rm", "-f", "box")
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
        }
    }

    @Test func aTerminalWorks() throws {
        try withRootlessHull { hull in
            let terminal = try Pseudoterminal(rows: 30, columns: 99)
            chown(terminal.path, 61000, 61000)
            let outcome = try hull.start(["run", "--rm", "-it", "busybox", "stty", "size"], on: terminal).finish()
            #expect(outcome.status == 0 && outcome.output.contains("30 99"), "\(outcome)")
        }
    }
}

@Suite(.enabled(if: RootlessUser.exist, "Tests/Environment/isolated makes the users"))
struct RootlessImageTests {
    @Test func imagesAreImportedSavedLoadedAndRemoved() throws {
        try withRootlessHull { hull in
            let archive = hull.directory + "/home/saved.tar"
            try hull.expect("save", "-o", archive, "busybox")
            try hull.expect("rmi", "busybox")
            #expect(try hull.expect("load", "-i", archive) == "Loaded image: busybox:latest")
            #expect(
                try hull.run("run", "--rm", "busybox", "stat", "-c", "%u:%g", "/home/user").output == "1000:1000")
            try hull.expect("image", "prune", "-a", "-f")
            #expect(try hull.expect("images", "-q").isEmpty)
        }
    }

    @Test func theDiskOfAMicroVMHasTheImagesOwners() throws {
        try withRootlessHull { hull in try expectDiskOfLayers(hull) }
    }

    @Test func theDiskOfAUserWithoutARangeIsAllRoots() throws {
        try withRootlessHull(.alone) { hull in try expectDiskOfLayers(hull, hasOwners: false) }
    }
}
