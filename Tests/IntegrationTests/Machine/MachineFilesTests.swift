import Glibc
import Testing

/// What micro-VMs start from, as `hull run` chooses it.
@Suite(.enabled(if: Guest.isAvailable)) struct MachineFilesTests {
    @Test func changesOnADiskStayUntilTheContainerIsRemoved() throws {
        try withMachines { hull in
            let script =
                "cat /file 2>/dev/null || { echo kept > /file; df -P / | awk 'NR == 2 { print ($2 < 262144) }'; }"
            let options = ["--isolation=vm", "--storage-size", "256m", "--name", "changed"]
            let first = try hull.start(["run"] + options + ["busybox", "sh", "-c", script]).finish()
            #expect(first.status == 0 && first.output == "1", "\(first)")
            let second = try hull.run("start", "-a", "changed")
            #expect(second.status == 0 && second.output == "kept", "\(second)")
            let line = try hull.expect("ps", "-a", "-s", "--format", "{{.Size}}")
            #expect(line.hasSuffix("kB") || line.hasSuffix("MB"), "\(line)")
            let full = try hull.run(
                "run", "--rm", options[0], options[1], "64m", "busybox", "dd", "if=/dev/zero", "of=/f", "bs=1M",
                "count=100")
            #expect(full.status == 1 && full.errors.contains("No space left"), "\(full)")
            try hull.expect("rm", "changed")
            #expect(Clock.wait { HostSnapshot.names(hull.root + "/containers").isEmpty })
        }
    }

    @Test func theKernelAndItsArgumentsAreTheOnesChosen() throws {
        try withMachines { hull in
            let kernel = try #require(Guest.kernel)
            let copy = hull.directory + "/kernel"
            try tool("cp", kernel, copy)
            hull.environment["HULL_KERNELS"] = hull.directory
            try hull.expectFailure("run", "--isolation=vm", "busybox", "true", status: 125, says: "hull kernel build")
            let outcome = try hull.run(
                "run", "--rm", "--isolation=vm", "--kernel", copy, "--kernel-arg", "one=1", "--kernel-arg", "two",
                "busybox", "cat", "/proc/cmdline")
            #expect(outcome.status == 0 && outcome.output.hasSuffix(" one=1 two"), "\(outcome)")
            try hull.expectFailure(
                "run", "--isolation=vm", "--kernel", "/nowhere", "busybox", status: 125,
                says: "kernel /nowhere of --kernel")
            // No kernel at all, but a file.
            try hull.file("nonsense", "nonsense")
            try hull.expectFailure(
                "run", "--rm", "--isolation=vm", "--kernel", hull.directory + "/nonsense", "busybox", "true",
                status: 125,
                says: "kernel: ")
            #expect(Clock.wait { HostSnapshot.names(hull.root + "/containers").isEmpty })
        }
    }

    @Test func disksAreMadeOnceForAllMachines() throws {
        try withMachines { hull in
            func names() -> [String] {
                ["sha256", "agent"].flatMap { HostSnapshot.names(hull.root + "/disks/" + $0) }.sorted()
            }
            for _ in 0..<2 { try hull.expect("run", "--rm", "--isolation=vm", "busybox", "true") }
            let made = names()
            #expect(made.count == 2, "\(made)")
            try hull.expect("create", "--isolation=vm", "--name", "later", "busybox", "echo", "here")
            // By force only its name goes: the container needs the rest.
            try hull.expect("rmi", "-f", "busybox")
            #expect(names() == made)
            #expect(try hull.run("start", "-a", "later").output == "here")
            try hull.expect("rm", "later")
            try hull.expect("image", "prune", "-f")
            #expect(HostSnapshot.names(hull.root + "/disks/sha256").isEmpty)
        }
    }

    @Test func filesAreCopiedWhileItRuns() throws {
        try withMachines { hull in
            try hull.expect("run", "-d", "--isolation=vm", "--name", "vm", "busybox", "sleep", "1000")
            let here = hull.directory + "/here"
            try tool(
                "sh", "-c",
                """
                mkdir -p "$0/tree/sub" && cd "$0/tree" && echo one > sub/one && head -c 5000000 /dev/urandom > large \
                && ln -s /etc/passwd link && chmod 640 large && touch -d @1000000000 sub/one
                """, here)
            try hull.expect("cp", here + "/tree", "vm:/root")
            let seen = try hull.run(
                "exec", "vm", "sh", "-c", "cd /root/tree && stat -c '%a %u %Y' large sub/one && readlink link")
            #expect(seen.lines.first?.hasPrefix("640 0 ") == true && seen.lines.last == "/etc/passwd", "\(seen)")
            #expect(seen.output.contains("644 0 1000000000"), "\(seen)")
            try hull.expect("cp", "vm:/root/tree/.", here + "/back")
            try tool("diff", "-r", "--no-dereference", here + "/tree", here + "/back")
            // A link of the guest leads to the guest's files.
            try hull.expect("exec", "vm", "ln", "-s", "/../../../etc/hostname", "/out")
            try hull.expect("cp", "-L", "vm:/out", here + "/hostname")
            #expect(HostSnapshot.text(here + "/hostname") != HostSnapshot.text("/etc/hostname"))
            try hull.expectFailure("cp", "vm:/nothing", here, status: 1, says: "no such file")
            try hull.expectFailure("cp", here + "/tree", "vm:/etc/passwd", status: 1, says: "over the file")
            try hull.expect("rm", "-f", "vm")
            try hull.expect("create", "--isolation=vm", "--name", "still", "busybox", "true")
            try hull.expectFailure("cp", "still:/etc/passwd", here, status: 1, says: "while it runs")
        }
    }
}
