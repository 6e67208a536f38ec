import Glibc
import JSON
import Testing

@Suite struct ProcessOptionTests {
    @Test func variablesComeFromImageFileAndOptionsInThisOrder() throws {
        try withHull { hull in
            try hull.expect("import", "-c", "ENV A=image B=image C=image", TestImages.busybox, "with-env")
            let file = try hull.file("env", "# a comment\nB=file\nC=file\nQUOTED=\"x\"\n")
            hull.environment["PASSED"] = "ours"
            let outcome = try hull.run(
                "run", "--rm", "--env-file", file, "-e", "C=option", "-e", "PASSED", "-e", "EMPTY=", "with-env", "env")
            let lines = Set(outcome.lines)
            for line in ["A=image", "B=file", "C=option", "QUOTED=\"x\"", "PASSED=ours", "EMPTY=", "HOME=/root"] {
                #expect(lines.contains(line), "\(line): \(outcome)")
            }
            #expect(outcome.lines.contains { $0.hasPrefix("PATH=") }, "\(outcome)")
            #expect(!outcome.output.contains("HULL_ROOT"), "\(outcome)")
        }
    }

    @Test func aLargeEnvironmentIsPassedOn() throws {
        try withHull { hull in
            // The kernel's own limit is 128 KiB a string (execve(2), MAX_ARG_STRLEN).
            let value = String(repeating: "x", count: 100_000)
            var words = ["run", "--rm"]
            for index in 0..<10 { words += ["-e", "BIG\(index)=\(value)"] }
            let outcome = try hull.start(words + ["busybox", "sh", "-c", "env | wc -c"]).finish()
            #expect((Int(outcome.output) ?? 0) > 1_000_000, "\(outcome)")
        }
    }

    @Test func theWorkingDirectoryIsChosenAndMade() throws {
        try withHull { hull in
            let first = try hull.expect("run", "--rm", "busybox", "pwd")
            #expect(first == "/")
            #expect(try hull.expect("run", "--rm", "-w", "/home/user", "busybox", "pwd") == "/home/user")
            #expect(try hull.expect("run", "--rm", "-w", "/new/one", "busybox", "pwd") == "/new/one")
        }
    }

    @Test func theUserIsANameOrNumbers() throws {
        try withHull { hull in
            let script = "echo $(id -u):$(id -g):$(id -G)"
            #expect(try hull.expect("run", "--rm", "busybox", "sh", "-c", script) == "0:0:0")
            #expect(try hull.expect("run", "--rm", "-u", "user", "busybox", "sh", "-c", script) == "1000:1000:1000 29")
            #expect(try hull.expect("run", "--rm", "-u", "1000:29", "busybox", "sh", "-c", script) == "1000:29:29")
            #expect(try hull.expect("run", "--rm", "-u", "5:6", "busybox", "sh", "-c", script) == "5:6:6")
            #expect(try hull.expect("run", "--rm", "-u", "user", "busybox", "sh", "-c", "echo $HOME") == "/home/user")
            try hull.expectFailure("run", "--rm", "-u", "nobody-here", "busybox", status: 125, says: "nobody-here")
        }
    }

    @Test func theEntrypointIsReplaced() throws {
        try withHull { hull in
            try hull.expect(
                "import", "-c", "ENTRYPOINT [\"/bin/echo\", \"image\"]", "-c", "CMD [\"command\"]", TestImages.busybox,
                "echo")
            #expect(try hull.expect("run", "--rm", "echo") == "image command")
            #expect(try hull.expect("run", "--rm", "echo", "mine") == "image mine")
            #expect(try hull.expect("run", "--rm", "--entrypoint", "/bin/printf", "echo", "x%s", "y") == "xy")
        }
    }

    @Test func namesOfHostsAreOfTheContainersOwn() throws {
        try withHull { hull in
            #expect(try hull.expect("run", "--rm", "-h", "chosen", "busybox", "hostname") == "chosen")
            let hosts = try hull.expect(
                "run", "--rm", "--add-host", "peer:10.1.2.3", "-h", "chosen", "busybox", "cat", "/etc/hosts")
            #expect(hosts.contains("10.1.2.3\tpeer"), "\(hosts)")
            #expect(hosts.contains("chosen"), "\(hosts)")
            let resolver = try hull.expect(
                "run", "--rm", "--dns", "9.9.9.9", "busybox", "cat", "/etc/resolv.conf")
            #expect(resolver.contains("nameserver 9.9.9.9"), "\(resolver)")
            let id = try hull.expect("create", "busybox", "hostname")
            #expect(try hull.expect("start", "-a", id) == id.prefix(12))
        }
    }

    @Test func initReapsWhatOthersLeave() throws {
        try withHull { hull in
            // A grandchild whose parent is gone becomes the first process's child; ten end, and no zombie stays.
            let script =
                "for i in 1 2 3 4 5 6 7 8 9 10; do sh -c 'sleep 0.01 & exit' ; done; sleep 0.5; ps -o stat | grep -c Z"
            #expect(try hull.run("run", "--rm", "--init", "busybox", "sh", "-c", script).output == "0")
            let first = try hull.expect("run", "--rm", "--init", "busybox", "sh", "-c", "cat /proc/1/comm; echo $$")
            #expect(first.split(separator: "\n").last != "1")
        }
    }

    @Test func identityFilesLabelsAndAnnotationsAreRecorded() throws {
        try withHull { hull in
            let file = hull.directory + "/cid"
            try hull.expect(
                "create", "--name", "box", "--cidfile", file, "--label", "a=b", "--annotation", "org.example/x=y",
                "busybox")
            let id = HostSnapshot.text(file)
            #expect(id.count == 64)
            #expect(try hull.inspect("box", "Id")?.stringValue == id)
            #expect(try hull.inspect("box", "Config", "Labels", "a")?.stringValue == "b")
            try hull.expectFailure("create", "--cidfile", file, "busybox", status: 1, says: file)
            try hull.expectFailure("run", "--cidfile", file, "busybox", status: 125, says: file)
            try hull.expectFailure("run", "--name", "box", "busybox", status: 125, says: "box")
        }
    }
}
