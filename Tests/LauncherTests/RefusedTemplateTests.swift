import Glibc
import LinuxSystem
import Testing

@testable import Launcher

struct RefusedTemplateTests {
    @Test func aTemplateThatCannotBeMadeLeavesItsReasonOnly() throws {
        let root = "/tmp/hull-refused-\(getpid())"
        try makeDirectory(root, mode: 0o700)
        defer { _ = try? ChildProgram.output(of: "/bin/rm", ["-rf", root], stream: 1) }
        let store = TemplateStore(root: root)
        let files = MachineFiles(
            kernel: root + "/no-kernel", agentDisk: root + "/no-disk", monitor: root + "/no-monitor",
            users: Configuration().machineUsers)
        try store.build("key", files, MachineShape(nil), [])
        #expect(try WholeFile.names(in: store.path("key")) == ["refused"])
        #expect(try store.refusal("key")?.isEmpty == false)
        #expect(store.has("key") && store.isRefused("key"))
        #expect(try store.keys().isEmpty)
    }
}
