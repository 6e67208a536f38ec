import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct ProcessTests {
    @Test func `a name without a slash is looked for in each directory`() {
        #expect(ExecutableSearch.candidates("sh", path: "/a:/b::c") == ["/a/sh", "/b/sh", "./sh", "c/sh"])
        #expect(ExecutableSearch.candidates("./sh", path: "/a") == ["./sh"])
    }

    @Test(
        arguments: [
            ("#!/bin/sh\n", "/bin/sh"), ("#! \t/bin/sh -e\n", "/bin/sh"), ("#!/proc/self/exe", "/proc/self/exe"),
            ("#!\n", nil), ("\u{7F}ELF", nil), ("", nil),
        ] as [(String, String?)])
    func `the interpreter of a script is read from its first line`(line: String, interpreter: String?) {
        #expect(ExecutableSearch.interpreter(inLine: Array(line.utf8)[...]) == interpreter)
    }

    @Test func `capabilities are bits by their numbers`() throws {
        let sets = try CapabilitySets(
            Spec.Capabilities(
                bounding: ["CAP_CHOWN", "CAP_SYS_ADMIN"], effective: ["CAP_CHOWN"], inheritable: ["CAP_CHOWN"],
                permitted: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]))
        #expect(sets.bounding == 1 | Capability.systemAdministration)
        #expect(sets.ambient == 1)
    }

    @Test(arguments: [
        Spec.Capabilities(bounding: ["CAP_NONSENSE"]), Spec.Capabilities(effective: ["CAP_CHOWN"]),
        Spec.Capabilities(permitted: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]), Spec.Capabilities(bounding: ["chown"]),
    ])
    func `capabilities that the kernel would refuse are refused`(capabilities: Spec.Capabilities) {
        #expect(throws: RuntimeError.self) { try CapabilitySets(capabilities) }
    }

    @Test func `an ordinary user has nothing in force`() {
        let sets = CapabilitySets(bounding: 5, for: 1000)
        #expect(sets.bounding == 5 && sets.effective == 0 && sets.permitted == 0)
    }

    @Test(arguments: [
        [Spec.ResourceLimit(type: "RLIMIT_NONSENSE", hard: 1, soft: 1)],
        [Spec.ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 2)],
        [
            Spec.ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 1),
            Spec.ResourceLimit(type: "RLIMIT_CORE", hard: 1, soft: 1),
        ],
    ])
    func `limits that cannot be are refused`(limits: [Spec.ResourceLimit]) {
        #expect(throws: RuntimeError.self) { try ResourceLimits.check(limits) }
    }

    @Test func `the start of a process is found behind a name with parentheses`() {
        let fields = (3...30).map(String.init).joined(separator: " ")
        #expect(ProcessStatus.startTime(in: "12 (a) b (c)) " + fields) == 22)
        #expect(ProcessStatus.startTime(in: "12 (a) 3 4") == nil)
        #expect(ProcessStatus.startTime(in: "") == nil)
    }

    @Test func `what a process can never have is read`() {
        let text = "Name:\tx\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\n"
        #expect(
            ProcessStatus.restrictions(in: text)
                == ProcessStatus.Restrictions(boundingCapabilities: 0xA804_25FB, noNewPrivileges: true))
        #expect(ProcessStatus.restrictions(in: "CapBnd:\tzz\n") == nil)
    }
}
