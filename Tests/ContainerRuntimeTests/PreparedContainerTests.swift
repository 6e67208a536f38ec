import JSON
import LinuxSystem
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite(.enabled(if: RunningScenario.obstacle == nil, Comment(rawValue: RunningScenario.obstacle ?? "")))
struct PreparedContainerTests {
    /// All that a workload sees of what is made for it, but for the numbers that differ in any two runs.
    private static let look = """
        id; pwd; umask; hostname; echo $A $$; cat /proc/self/cgroup; ls -ln /dev /dev/pts | busybox sed 's/ [A-Z][a-z]* .*:[0-9]* / /'
        grep -E 'Cap|NoNew|Seccomp:|SigIgn|SigBlk|SigCgt|Groups' /proc/self/status; ls / /proc/self/fd; ulimit -a; readlink /proc/1/exe
        mount | grep -v ' on / ' | busybox sort; mount | grep ' on / ' | tr , ' ' | busybox cut -d' ' -f 1-7
        cat /proc/keys; ls /proc/acpi; touch /x || echo kept; echo 1 >/proc/sys/kernel/msgmax || echo protected
        ls /data /more; cat /etc/hosts; cat /proc/1/net/dev | busybox head -n 3; ps; ls -A /.root /proc/1/root; exit 5
        """

    private func run(
        prepared: (inout Spec) -> Void, _ members: [JSONObject.Member] = [], _ change: (inout Spec, String) -> Void
    ) throws -> (of: RunningScenario.Outcome, plain: RunningScenario.Outcome) {
        func run(_ isPrepared: Bool) throws -> RunningScenario.Outcome {
            let scenario = try RunningScenario(["sh", "-c", Self.look])
            scenario.spec.hostname = "nobody"
            let hosts = scenario.scratch.path + "/hosts"
            try WholeFile.create(hosts, Array("127.0.0.1 here\n".utf8))
            scenario.spec.mounts?.append(Spec.Mount(destination: "/etc/hosts", type: "bind", source: hosts))
            scenario.members = members
            if isPrepared {
                var spec = scenario.spec
                spec.process?.args = ["/none"]
                prepared(&spec)
                scenario.members.append(.init(key: "prepared", value: try JSONValue.encode(spec)))
            }
            change(&scenario.spec, scenario.scratch.path)
            let outcome = try scenario.run()
            #expect(outcome.left.isEmpty)
            #expect(!outcome.output.contains("left"), "\(outcome.output)")
            return outcome
        }
        return (try run(true), try run(false))
    }

    private func expectSame(
        _ outcomes: (of: RunningScenario.Outcome, plain: RunningScenario.Outcome), _ way: String
    ) {
        #expect(outcomes.of.code == outcomes.plain.code)
        #expect(outcomes.of.output.contains(way + "\n"), "\(outcomes.of.output)")
        func lines(_ outcome: RunningScenario.Outcome) -> [String] {
            outcome.output.split(separator: "\n").map(String.init).filter { $0 != way && !$0.contains("scratch") }
        }
        #expect(lines(outcomes.of) == lines(outcomes.plain))
    }

    @Test(arguments: [false, true])
    func `a container of a prepared one is like one from the start`(filter: Bool) throws {
        let outcomes = try run(prepared: { _ in }, [.init(key: "filter", value: .bool(filter))]) { spec, _ in
            spec.hostname = "box"
            spec.process?.env?.append("A=b")
            spec.process?.cwd = "/made/here"
            spec.process?.user = Spec.User(uid: 7, gid: 8, additionalGids: [9, 10])
        }
        expectSame(outcomes, "of the prepared one")
        #expect(outcomes.of.code == 5)
    }

    @Test func `further mounts, a read-only root and an init come with the workload`() throws {
        let outcomes = try run(prepared: { _ in }, [.init(key: "useInit", value: .bool(true))]) { spec, scratch in
            spec.root = Spec.Root(path: "", readonly: true)
            spec.mounts? += [
                Spec.Mount(destination: "/data", type: "bind", source: scratch + "/layer/bin", options: ["ro"]),
                Spec.Mount(destination: "/more", type: "tmpfs", source: "tmpfs", options: ["mode=700", "ro"]),
            ]
            spec.process?.rlimits = [.init(type: "RLIMIT_NOFILE", hard: 77, soft: 66)]
            spec.process?.noNewPrivileges = true
        }
        expectSame(outcomes, "of the prepared one")
    }

    @Test func `a terminal is the container's own`() throws {
        let outcomes = try run(prepared: { _ in }) { spec, _ in
            spec.process?.terminal = true
            spec.process?.args = ["sh", "-c", "tty; ls -l /dev/console | busybox cut -c1; exit 3"]
        }
        expectSame(outcomes, "of the prepared one")
        #expect(outcomes.of.code == 3)
    }

    @Test func `what does not fit is made from the start`() throws {
        let outcomes = try run(prepared: { $0.linux?.maskedPaths = nil }) { _, _ in }
        expectSame(outcomes, "from the start")
        #expect(outcomes.of.code == 5)
    }

    @Test(arguments: [("nonsense", 127), ("/etc", 126)] as [(String, Int32)])
    func `errors have the usual exit codes`(program: String, code: Int32) throws {
        let outcomes = try run(prepared: { _ in }) { spec, _ in spec.process?.args = [program] }
        expectSame(outcomes, "of the prepared one")
        #expect(outcomes.of.code == code)
    }

    @Test func `an environment that is too large for the handshake is no obstacle`() throws {
        let outcomes = try run(prepared: { _ in }) { spec, _ in
            spec.process?.env?.append("LARGE=" + String(repeating: "x", count: 100_000))
        }
        expectSame(outcomes, "from the start")
    }
}
