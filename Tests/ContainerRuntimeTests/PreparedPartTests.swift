import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct PreparedPartTests {
    private static func mount(_ path: String, _ type: String, _ options: [String] = []) -> Spec.Mount {
        Spec.Mount(destination: path, type: type, source: type == "bind" ? "/source" : type, options: options)
    }

    private static let hooks: Spec.Hooks = {
        var hooks = Spec.Hooks()
        hooks.prestart = [Spec.Hook(path: "/bin/true")]
        return hooks
    }()

    /// What is prepared.
    static let base: Spec = {
        var spec = Spec()
        spec.hostname = "nobody"
        spec.process = Spec.Process(args: ["/none"])
        spec.process?.capabilities = Spec.Capabilities(bounding: ["CAP_CHOWN", "CAP_KILL"])
        spec.mounts = [
            mount("/proc", "proc"), mount("/dev", "tmpfs"), mount("/dev/shm", "tmpfs"), mount("/etc/hosts", "bind"),
        ]
        var linux = Spec.Linux()
        linux.namespaces = [.mount, .pid, .uts, .ipc].map { Spec.Namespace($0) }
        linux.resources = Spec.Resources()
        linux.resources?.devices = [Spec.Resources.DeviceRule(allow: false, access: "rwm")]
        linux.maskedPaths = ["/proc/keys"]
        spec.linux = linux
        return spec
    }()

    private static func request(_ spec: Spec, _ change: (inout ContainerRequest) -> Void = { _ in }) -> ContainerRequest
    {
        var request = ContainerRequest(
            id: "c", spec: spec, root: .directory("/nowhere"), mountPoint: "/nowhere", bundle: "/nowhere")
        request.seccomp = .builtin(capabilities: ["CAP_CHOWN", "CAP_KILL"])
        change(&request)
        return request
    }

    private func completion(
        _ spec: Spec, _ change: (inout ContainerRequest) -> Void = { _ in }
    ) throws -> Completion? {
        let part = try PreparedPart(try ContainerPlan(Self.request(Self.base)))
        return part.completion(for: try ContainerPlan(Self.request(spec, change)))
    }

    @Test func `mounts within others come with those`() throws {
        let part = try PreparedPart(try ContainerPlan(Self.request(Self.base)))
        #expect(part.entries.map(\.destination) == ["/proc", "/dev", "/etc/hosts"])
        #expect(try completion(Self.base)?.mounts == [.staged(0), .staged(1), .staged(2)])
    }

    private static let suitable: [@Sendable (inout Spec) -> Void] = [
        { $0.hostname = "box" }, { $0.domainname = "example" },
        { $0.process = Spec.Process(args: ["sh"], env: ["A=1"], cwd: "/tmp", user: .init(uid: 5, gid: 6)) },
        { $0.process?.terminal = true }, { $0.process?.noNewPrivileges = true },
        { $0.process?.capabilities = Spec.Capabilities(bounding: ["CAP_KILL"]) },
        { $0.process?.rlimits = [.init(type: "RLIMIT_CORE", hard: 0, soft: 0)] },
        { $0.root = Spec.Root(path: "x", readonly: true) }, { $0.linux?.rootfsPropagation = "shared" },
        { $0.linux?.resources?.memory = .init() }, { $0.linux?.resources?.pids = .init(limit: 9) },
        { $0.mounts?.append(mount("/data", "bind", ["ro"])) }, { $0.mounts?.insert(mount("/etc", "tmpfs"), at: 3) },
    ]

    @Test(arguments: 0..<suitable.count)
    func `what is not known yet may be anything`(number: Int) throws {
        var spec = Self.base
        spec.process?.capabilities = nil
        Self.suitable[number](&spec)
        if spec.process?.capabilities == nil {
            spec.process?.capabilities = Spec.Capabilities(bounding: ["CAP_CHOWN"])
        }
        let completion = try #require(try completion(spec) { $0.root = .directory("/elsewhere") })
        let read = try Completion(completion.bytes)
        #expect(read.bytes == completion.bytes && read.mounts == completion.mounts)
        #expect(read.process.args == spec.process?.args && read.process.user == spec.process?.user)
        for length in 0..<completion.bytes.count {
            #expect(throws: (any Error).self) { try Completion(Array(completion.bytes.prefix(length))) }
        }
    }

    private static let unsuitable: [@Sendable (inout Spec) -> Void] = [
        { $0.hostname = nil }, { $0.linux?.namespaces?.append(Spec.Namespace(.network)) },
        { $0.linux?.namespaces?[1] = Spec.Namespace(.pid, path: "/proc/1/ns/pid") },
        { $0.process?.capabilities = Spec.Capabilities(bounding: ["CAP_SYS_ADMIN"]) }, { $0.process?.oomScoreAdj = 5 },
        { $0.process?.apparmorProfile = "x" }, { $0.process?.selinuxLabel = "x" },
        { $0.hooks = hooks }, { $0.linux?.resources?.devices = nil },
        { $0.linux?.devices = [.init(type: "c", path: "/dev/x", major: 1, minor: 3)] },
        { $0.linux?.sysctl = ["kernel.msgmax": "1"] }, { $0.linux?.maskedPaths = nil },
        { $0.linux?.readonlyPaths = ["/proc/sys"] }, { $0.linux?.cgroupsPath = "/other" },
        // Missing, in another order, otherwise, among those that are prepared, mapped, of another kind.
        { $0.mounts?.removeLast() }, { $0.mounts?.swapAt(0, 1) }, { $0.mounts?[2].options = ["size=5"] },
        { $0.mounts?.append(mount("/dev/x", "bind")) }, { $0.mounts?.append(mount("/x/../proc", "bind")) },
        { $0.mounts?.append(mount("/dev", "bind")) }, { $0.mounts?.append(mount("/x", "bind", ["rshared"])) },
        {
            $0.mounts?.append(mount("/x", "bind"))
            $0.mounts?[4].uidMappings = [IDMapping(containerID: 0, hostID: 1, size: 1)]
        },
        // More than descriptors can be sent of.
        { spec in for number in 0..<13 { spec.mounts?.append(mount("/x\(number)", "bind")) } },
    ]

    @Test(arguments: 0..<unsuitable.count)
    func `what the prepared part has otherwise is not made of it`(number: Int) throws {
        var spec = Self.base
        Self.unsuitable[number](&spec)
        #expect(try completion(spec) == nil)
    }

    @Test func `the filter is the prepared one or none`() throws {
        #expect(try completion(Self.base)?.isFiltered == true)
        #expect(try completion(Self.base) { $0.seccomp = SeccompSource.none }?.isFiltered == false)
        #expect(try completion(Self.base) { $0.seccomp = .builtin(capabilities: []) } == nil)
        #expect(try completion(Self.base) { $0.id = "d" } == nil)
    }

    @Test(
        arguments: [
            { $0.process?.terminal = true }, { $0.linux?.namespaces = [Spec.Namespace(.mount)] },
            { $0.linux?.sysctl = ["kernel.msgmax": "1"] }, { $0.linux?.resources?.pids = .init(limit: 9) },
            { $0.hooks = hooks },
        ] as [@Sendable (inout Spec) -> Void])
    func `not everything can be prepared for`(change: @Sendable (inout Spec) -> Void) throws {
        var spec = Self.base
        change(&spec)
        if spec.linux?.namespaces?.count == 1 { spec.hostname = nil }
        let plan = try ContainerPlan(Self.request(spec))
        #expect(throws: RuntimeError.self) { try PreparedPart(plan) }
    }
}
