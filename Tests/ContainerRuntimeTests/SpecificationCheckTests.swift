import JSON
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct SpecificationCheckTests {
    static let namespaces = #""namespaces":[{"type":"mount"},{"type":"pid"}]"#

    static func request(_ json: String) throws -> ContainerRequest {
        let spec = try JSONParser.parse(json).decode(Spec.self)
        return ContainerRequest(
            id: "c", spec: spec, root: .directory("/nowhere"), mountPoint: "/nowhere", bundle: "/nowhere")
    }

    static func json(process: String = "", linux: String = "", rest: String = "") -> String {
        """
        {"ociVersion":"1.2.0","process":{"args":["a"],"cwd":"/","user":{"uid":0,"gid":0}\(process)},
        "linux":{\(namespaces)\(linux)}\(rest)}
        """
    }

    @Test func `a plain specification is accepted`() throws {
        let plan = try ContainerPlan(Self.request(Self.json()))
        #expect(plan.namespaces.creates(.mount) && plan.namespaces.creates(.pid))
        #expect(plan.controlGroupPath == nil)
    }

    @Test(arguments: [
        #"{"ociVersion":"1.2.0"}"#,
        #"{"ociVersion":"1.2.0","process":{"args":[],"cwd":"/","user":{"uid":0,"gid":0}}}"#,
        #"{"ociVersion":"1.2.0","process":{"args":["a"],"cwd":"x","user":{"uid":0,"gid":0}}}"#,
        #"{"ociVersion":"1.2.0","process":{"args":["a\u0000b"],"cwd":"/","user":{"uid":0,"gid":0}}}"#,
        #"{"ociVersion":"1.2.0","process":{"args":["a"],"cwd":"/","user":{"uid":0,"gid":0}}}"#,
        json(process: #","env":["A=\u0000"]"#),
        json(process: #","oomScoreAdj":2000"#),
        json(process: #","rlimits":[{"type":"RLIMIT_X","hard":1,"soft":1}]"#),
        json(process: #","capabilities":{"bounding":["CAP_X"]}"#),
        json(rest: #","hostname":"h""#),
        json(rest: #","mounts":[{"destination":""}]"#),
        json(rest: #","mounts":[{"destination":"/proc/self/attr","type":"tmpfs"}]"#),
        json(rest: #","mounts":[{"destination":"/proc","type":"tmpfs"}]"#),
        json(rest: #","mounts":[{"destination":"proc/./sys/","type":"tmpfs"}]"#),
        json(rest: #","hooks":{"prestart":[{"path":"x"}]}"#),
        json(rest: #","hooks":{"poststop":[{"path":"/x","timeout":0}]}"#),
        json(linux: #","maskedPaths":["proc"]"#),
        json(linux: #","devices":[{"type":"c","path":"null"}]"#),
        json(linux: #","rootfsPropagation":"sideways""#),
        json(linux: #","timeOffsets":{"monotonic":{"secs":1}}"#),
        json(linux: #","uidMappings":[{"containerID":0,"hostID":1,"size":1}]"#),
        json(linux: #","sysctl":{"vm.swappiness":"1"}"#),
        json(linux: #","sysctl":{"net.ipv4.ip_forward":"1"}"#),
        json(linux: #","sysctl":{"kernel/../vm/swappiness":"1"}"#),
    ])
    func `what cannot be is refused before anything is touched`(json: String) throws {
        let request = try Self.request(json)
        #expect {
            try ContainerPlan(request)
        } throws: { error in
            if case .invalid? = error as? RuntimeError { true } else { false }
        }
    }

    @Test(arguments: [
        [Spec.Namespace(.mount), Spec.Namespace(.mount)], [Spec.Namespace(.network, path: "relative")],
        [Spec.Namespace(.network, path: "/a\u{0}")],
    ])
    func `namespaces twice or by a relative path are refused`(namespaces: [Spec.Namespace]) {
        #expect(throws: RuntimeError.self) { try NamespacePlan(namespaces) }
    }

    @Test(arguments: [
        [], [IDMapping(containerID: 0, hostID: 1, size: 0)], [IDMapping(containerID: 1, hostID: 1, size: UInt32.max)],
        [IDMapping(containerID: 0, hostID: 1, size: 10), IDMapping(containerID: 5, hostID: 100, size: 10)],
        [IDMapping(containerID: 0, hostID: 1, size: 10), IDMapping(containerID: 50, hostID: 5, size: 10)],
        (0..<341).map { IDMapping(containerID: $0, hostID: $0, size: 1) },
    ])
    func `mappings that the kernel would refuse are refused`(mappings: [IDMapping]) {
        #expect(throws: RuntimeError.self) { try SpecificationCheck.mappings(mappings, at: "linux.uidMappings") }
    }

    @Test func `a user outside of the mappings is refused`() throws {
        let linux = #"{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[@],"gidMappings":[@]}"#
            .replacing("@", with: #"{"containerID":0,"hostID":100000,"size":1000}"#)
        let process = #"{"args":["a"],"cwd":"/","user":{"uid":5000,"gid":0}}"#
        let request = try Self.request(#"{"ociVersion":"1.2.0","process":\#(process),"linux":\#(linux)}"#)
        #expect(
            throws: RuntimeError.invalid(
                at: "process.user.uid", reason: "id 5000 is not mapped in the user namespace")
        ) { try ContainerPlan(request) }
    }

    @Test(
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
            ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"), ("kernel", nil), ("a..b", nil),
            ("a/../b", nil),
        ] as [(String, String?)])
    func `names of kernel parameters are paths`(name: String, path: String?) {
        #expect(Sysctl.path(of: name) == path)
    }

    @Test func `the directory above two paths is found`() {
        let parts = MappedOverlay.split("/a/b/upper", "/a/b/work")
        #expect(parts.common == "/a/b" && parts.first == "/upper" && parts.second == "/work")
        #expect(MappedOverlay.split("/a", "/b").common == "/")
    }

    @Test func `a hook is told the container's state`() {
        let request = ContainerRequest(
            id: "c1", spec: Spec(), root: .directory("/r"), mountPoint: "/r", bundle: "/b")
        let text = String(decoding: HookRunner(request).stateText(status: "creating", pid: 7), as: UTF8.self)
        #expect(text == #"{"ociVersion":"1.2.0","id":"c1","status":"creating","pid":7,"bundle":"/b"}"#)
    }
}
