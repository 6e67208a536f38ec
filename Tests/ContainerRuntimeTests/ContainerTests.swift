import Glibc
import JSON
import LinuxSystem
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite(.enabled(if: RunningScenario.obstacle == nil, Comment(rawValue: RunningScenario.obstacle ?? "")))
struct ContainerTests {
    private func run(
        _ script: String, _ change: (RunningScenario) throws -> Void = { _ in }
    ) throws -> RunningScenario.Outcome {
        try run(["sh", "-c", script], change)
    }

    private func run(
        _ args: [String], _ change: (RunningScenario) throws -> Void = { _ in }
    ) throws -> RunningScenario.Outcome {
        let scenario = try RunningScenario(args)
        try change(scenario)
        let outcome = try scenario.run()
        #expect(outcome.left.isEmpty)
        #expect(!outcome.output.contains("left"), "\(outcome.output)")
        return outcome
    }

    @Test func `the workload is process 1 in namespaces of its own, and its exit code comes back`() throws {
        let outcome = try run("echo $$; hostname; ip link | grep -c lo:; cat /proc/self/cgroup; exit 7") {
            $0.spec.hostname = "box"
        }
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.prefix(3) == ["1", "box", "1"])
        #expect(lines.dropFirst(3).allSatisfy { $0.hasSuffix(":/") })
        #expect(outcome.code == 7)
    }

    @Test(
        arguments: [
            (["nonsense"], 127, "executable file not found"), (["/nonsense"], 127, "no such file"),
            (["/etc"], 126, "is a directory"), (["/bin/data"], 126, "permission denied"),
            (["/bin/text"], 126, "exec format"),
        ] as [([String], Int32, String)])
    func `what cannot be executed is told with the usual exit code`(args: [String], code: Int32, text: String) throws {
        let outcome = try run(args) {
            for (name, mode) in [("data", mode_t(0o644)), ("text", 0o755)] {
                try WholeFile.create($0.scratch.path + "/layer/bin/" + name, Array("text".utf8), mode: mode)
            }
        }
        #expect(outcome.code == code)
        #expect(outcome.output.contains(text))
    }

    @Test(arguments: [false, true])
    func `a signal that ends the workload is 128 and its number`(useInit: Bool) throws {
        let outcome = try run("kill -9 $$; sh -c 'kill -9 $PPID'; exit 3") {
            if useInit { $0.members.append(.init(key: "useInit", value: .bool(true))) }
        }
        // Without an init the workload is process 1, which no signal of its own namespace ends.
        #expect(outcome.code == (useInit ? 137 : 3))
    }

    @Test func `an init keeps its program and command line to itself`() throws {
        let outcome = try run("tr '\\0' ' ' </proc/1/cmdline; echo; readlink /proc/1/exe || echo hidden; exit 9") {
            $0.members.append(.init(key: "useInit", value: .bool(true)))
        }
        #expect(outcome.code == 9)
        #expect(outcome.output.hasPrefix("init "))
        #expect(outcome.output.contains("hidden"))
        #expect(!outcome.output.contains("driver"))
    }

    @Test func `no file of the maker is open in the workload`() throws {
        // The last one is the directory that ls itself reads.
        #expect(try run("ls /proc/self/fd").output == "0\n1\n2\n3\n")
    }

    @Test func `capabilities, filter and no_new_privs are in force`() throws {
        let outcome = try run("grep -E 'Cap|NoNew|Seccomp:' /proc/self/status") {
            $0.members.append(.init(key: "filter", value: .bool(true)))
            $0.spec.process?.user = Spec.User(uid: 1000, gid: 1000)
            $0.spec.process?.noNewPrivileges = true
            $0.spec.process?.capabilities?.ambient = ["CAP_NET_RAW"]
            $0.spec.process?.capabilities?.inheritable = ["CAP_NET_RAW"]
            $0.spec.process?.capabilities?.effective = ["CAP_NET_RAW"]
            $0.spec.process?.capabilities?.permitted = ["CAP_NET_RAW"]
        }
        for line in [
            "CapInh:\t0000000000002000", "CapPrm:\t0000000000002000", "CapEff:\t0000000000002000",
            "CapBnd:\t00000000000020e3", "CapAmb:\t0000000000002000", "NoNewPrivs:\t1", "Seccomp:\t2",
        ] {
            #expect(outcome.output.contains(line), "\(line) in \(outcome.output)")
        }
    }

    @Test func `hidden paths are empty, protected ones read-only, and so is a read-only root`() throws {
        let outcome = try run(
            "cat /proc/keys; ls /proc/acpi; echo 1 >/proc/sys/kernel/msgmax || echo protected; touch /x || echo kept"
        ) { $0.spec.root = Spec.Root(path: "rootfs", readonly: true) }
        #expect(outcome.output.contains("protected") && outcome.output.contains("kept"))
        #expect(!outcome.output.contains("keyring"))
    }

    @Test func `the host's file system is gone`() throws {
        let outcome = try run("cat /proc/self/mountinfo; ls /; ls /tmp/..; ls /proc/1/root/../..")
        #expect(!outcome.output.contains("ext4 "))
        #expect(!outcome.output.contains("usr"))
    }

    @Test func `a missing working directory is made`() throws {
        let outcome = try run("pwd") { $0.spec.process?.cwd = "/a/b" }
        #expect(outcome.output == "/a/b\n")
    }

    @Test(arguments: ["/bin/busybox", "/proc/self/fd/3", "/proc/1/cwd/nonsense"])
    func `a working directory that is none is an error`(cwd: String) throws {
        let outcome = try run("pwd") { $0.spec.process?.cwd = cwd }
        #expect(outcome.code == 125)
        #expect(outcome.output.contains("working directory \(cwd)"))
    }

    @Test func `links in an image do not lead mounts out of it`() throws {
        let outcome = try run("echo inside >/data/file; ls /data") { scenario in
            symlink("/../../../../../../../tmp", scenario.scratch.path + "/layer/data")
            scenario.spec.mounts?.append(Spec.Mount(destination: "/data", type: "tmpfs", source: "tmpfs"))
        }
        #expect(outcome.output == "file\n")
        #expect(outcome.code == 0)
    }

    @Test func `a link in place of proc is refused`() throws {
        let outcome = try run("true") { scenario in
            rmdir(scenario.scratch.path + "/layer/proc")
            symlink("/tmp", scenario.scratch.path + "/layer/proc")
        }
        #expect(outcome.code == 125)
        #expect(outcome.output.contains("/proc"))
    }

    @Test func `a terminal has its size, its owner and the name /dev/console`() throws {
        let outcome = try run("tty; stty size; echo there >/dev/console") {
            $0.spec.process?.terminal = true
            $0.spec.process?.consoleSize = Spec.ConsoleSize(height: 33, width: 111)
        }
        #expect(outcome.output == "/dev/pts/0\r\n33 111\r\nthere\r\n")
    }

    @Test func `what was written without waiting for the disk is there at the next start`() throws {
        let scenario = try RunningScenario(["sh", "-c", "ls /kept; touch /kept"])
        scenario.members.append(.init(key: "isVolatile", value: .bool(true)))
        #expect(try scenario.run().output.contains("No such file"))
        #expect(try scenario.run().output == "/kept\n")
    }

    @Test func `clocks begin where a time namespace has them begin`() throws {
        let outcome = try run("cat /proc/uptime") {
            $0.spec.linux?.namespaces?.append(Spec.Namespace(.time))
            $0.spec.linux?.timeOffsets = ["boottime": Spec.TimeOffset(secs: 1_000_000_000)]
        }
        #expect(Double(outcome.output.split(separator: " ").first ?? "") ?? 0 > 1_000_000_000)
    }

    @Test func `parameters of own namespaces are set`() throws {
        let outcome = try run("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax") {
            $0.spec.linux?.sysctl = ["net.ipv4.ip_forward": "1", "kernel.msgmax": "12345"]
        }
        #expect(outcome.output == "1\n12345\n")
    }

    @Test func `users of its own own the image's files`() throws {
        let outcome = try run("cat /proc/self/uid_map; touch /new; ls -ln /new /bin/busybox") { scenario in
            scenario.spec.linux?.namespaces?.append(Spec.Namespace(.user))
            scenario.spec.linux?.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
            scenario.spec.linux?.gidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 65536)]
        }
        #expect(outcome.output.contains("100000"))
        #expect(outcome.output.split(separator: "\n").suffix(2).allSatisfy { $0.contains(" 0        0 ") })
        #expect(outcome.code == 0)
    }

    @Test func `an ordinary user makes containers, with a note on what is missing`() throws {
        let outcome = try run("id; touch /new; rm /bin/echo; ls /bin/echo; ls -ln /new; exit 4") {
            try $0.becomeOrdinary(4321)
        }
        #expect(outcome.output.contains("uid=0(root)") || outcome.output.contains("uid=0 "))
        #expect(outcome.output.contains(" 0        0 "))
        #expect(outcome.output.contains("note: this user has no control group"))
        #expect(outcome.code == 4)
    }

    @Test func `an ordinary user starts further processes, with a terminal`() throws {
        let outcome = try run(["sleep", "60"]) {
            try $0.becomeOrdinary(4322)
            var process = Spec.Process(args: ["sh", "-c", "tty; ps | grep -c 'sleep 60'; exit 6"], env: ["PATH=/bin"])
            process.terminal = true
            $0.members.append(.init(key: "exec", value: try JSONValue.encode(process)))
        }
        #expect(outcome.output.contains("/dev/pts/0"))
        #expect(outcome.code == 6)
    }

    @Test func `a label of a security module that is not there is an error`() throws {
        let outcome = try run("true") { $0.spec.process?.apparmorProfile = "hull-no-such-profile" }
        #expect(outcome.code == 125)
        #expect(outcome.output.contains("AppArmor profile hull-no-such-profile"))
    }

    @Test func `hooks run at their points with the state on standard input`() throws {
        let outcome = try run("cat /started") { scenario in
            let log = scenario.scratch.path + "/log"
            func hook(_ point: String, _ file: String) -> [Spec.Hook] {
                let script = "echo \(point) $(grep -o '\"status\":\"[a-z]*\"') >>\(file)"
                return [Spec.Hook(path: "/bin/busybox", args: ["sh", "-c", script], env: ["PATH=/bin:/usr/bin"])]
            }
            var hooks = Spec.Hooks()
            hooks.prestart = hook("prestart", log)
            hooks.createRuntime = hook("createRuntime", log)
            hooks.createContainer = hook("createContainer", log)
            hooks.startContainer = hook("startContainer", "/started")
            hooks.poststart = hook("poststart", log)
            hooks.poststop = hook("poststop", log)
            scenario.spec.hooks = hooks
        }
        #expect(outcome.output == "startContainer \"status\":\"created\"\n")
    }

    @Test func `a hook that fails ends the making, and nothing is left`() throws {
        let outcome = try run("true") {
            $0.spec.hooks = Spec.Hooks()
            $0.spec.hooks?.createRuntime = [Spec.Hook(path: "/bin/false")]
        }
        #expect(outcome.code == 125)
        #expect(outcome.output.contains("createRuntime hook /bin/false: ended with exit code 1"))
    }

    @Test func `a further process is in the container, with its restrictions`() throws {
        let outcome = try run(["sleep", "60"]) {
            $0.members.append(.init(key: "filter", value: .bool(true)))
            var process = Spec.Process(
                args: ["sh", "-c", "ps | grep -c 'sleep 60'; grep -E 'CapEff|Seccomp:' /proc/self/status; exit 5"],
                env: ["PATH=/bin"])
            process.cwd = "/etc"
            $0.members.append(.init(key: "exec", value: try JSONValue.encode(process)))
        }
        #expect(outcome.code == 5)
        #expect(outcome.output.contains("CapEff:\t00000000000020e3"))
        #expect(outcome.output.contains("Seccomp:\t2"))
    }

    @Test func `a further process that cannot be executed is told so`() throws {
        let outcome = try run(["sleep", "60"]) {
            $0.members.append(.init(key: "exec", value: try JSONValue.encode(Spec.Process(args: ["nonsense"]))))
        }
        #expect(outcome.code == 127)
    }

    @Test func `a privileged further process has all that its maker has`() throws {
        let outcome = try run(["sleep", "60"]) {
            $0.members.append(.init(key: "filter", value: .bool(true)))
            $0.members.append(.init(key: "privileged", value: .bool(true)))
            let process = Spec.Process(
                args: ["grep", "-E", "CapEff|Seccomp:", "/proc/self/status"], env: ["PATH=/bin"])
            $0.members.append(.init(key: "exec", value: try JSONValue.encode(process)))
        }
        #expect(outcome.output.contains("Seccomp:\t0"))
        #expect(!outcome.output.contains("CapEff:\t00000000000020e3"))
    }

    @Test func `a paused container stands still until it is resumed`() throws {
        let outcome = try run(["sleep", "60"]) {
            $0.members.append(.init(key: "pause", value: .bool(true)))
        }
        #expect(outcome.output.hasPrefix("paused: true\nexec: the container is not running"))
        #expect(outcome.output.hasSuffix("paused: false\n"))
    }

    @Test func `a limit above our own is an error that names it`() throws {
        let outcome = try run("true") {
            $0.spec.process?.rlimits = [
                Spec.ResourceLimit(type: "RLIMIT_NOFILE", hard: 1 << 40, soft: 1 << 40)
            ]
        }
        // Above fs.nr_open the kernel refuses everybody.
        #expect(outcome.code == 125)
        #expect(outcome.output.contains("RLIMIT_NOFILE"))
    }
}
