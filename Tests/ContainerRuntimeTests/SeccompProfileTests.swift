import Glibc
import OCISpec
import Testing

@testable import ContainerRuntime

private let dockerCapabilities = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
]

@Suite struct SeccompProfileTests {
    private func rules(_ spec: Spec.Seccomp, _ name: String) -> [Spec.Seccomp.Rule] {
        (spec.syscalls ?? []).filter { $0.names.contains(name) }
    }

    @Test func `the profile that is built in is the file of the repository`() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try KernelFile.read("/" + path + "/Configs/seccomp/default.json")
        #expect(text == SeccompProfile.builtinText)
        let digest = SHA256.digest(Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        #expect(digest == SeccompProfile.builtinDigest)
    }

    @Test func `without CAP_SYS_ADMIN clone makes no namespaces and clone3 is not there`() throws {
        let spec = try SeccompProfile.builtin().resolve(
            capabilities: Set(dockerCapabilities), kernel: KernelVersion(6, 1))
        #expect(spec.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
        let clone = rules(spec, "clone")
        #expect(clone.count == 1)
        #expect(clone.first?.args?.first?.op == "SCMP_CMP_MASKED_EQ")
        #expect(clone.first?.args?.first?.value == 0x7E02_0000)
        #expect(rules(spec, "clone3").map(\.errnoRet) == [38])
        #expect(rules(spec, "mount").isEmpty)
        #expect(rules(spec, "chroot").count == 1)
    }

    @Test func `CAP_SYS_ADMIN allows clone, clone3 and mount as they are`() throws {
        let spec = try SeccompProfile.builtin().resolve(
            capabilities: ["CAP_SYS_ADMIN"], kernel: KernelVersion(6, 1))
        for name in ["clone", "clone3", "mount"] {
            #expect(rules(spec, name).map(\.action) == ["SCMP_ACT_ALLOW"])
            #expect(rules(spec, name).first?.args == nil)
        }
        #expect(rules(spec, "chroot").isEmpty)
    }

    @Test func `a rule waits for its kernel`() throws {
        let profile = try SeccompProfile.builtin()
        #expect(rules(profile.resolve(capabilities: [], kernel: KernelVersion(4, 7)), "ptrace").isEmpty)
        #expect(rules(profile.resolve(capabilities: [], kernel: KernelVersion(4, 8)), "ptrace").count == 1)
    }
}
