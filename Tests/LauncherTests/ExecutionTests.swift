import OCISpec
import Testing

@testable import Launcher

private struct Files: ContainerFiles {
    func read(_ path: String, limit: Int) -> [UInt8]? {
        path == "/etc/passwd" ? Array("root:x:0:0::/root:/bin/sh\nuser:x:1000:1001::/home/user:\n".utf8) : nil
    }
}

@Suite("Commands of exec")
struct ExecutionTests {
    private static let own: Spec.Process = {
        var own = Spec.Process(args: ["init"], env: ["PATH=/bin", "HOME=/root", "A=1"], cwd: "/srv")
        own.capabilities = Spec.Capabilities(
            bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], inheritable: [], permitted: ["CAP_CHOWN"], ambient: [])
        own.terminal = true
        return own
    }()

    @Test("without options a command has what the container's own has, but no terminal")
    func plain() throws {
        let process = try Execution(["ls", "-l"]).process(basedOn: Self.own, Files())
        #expect(process.args == ["ls", "-l"])
        #expect(process.env == Self.own.env)
        #expect(process.cwd == "/srv")
        #expect(process.capabilities == Self.own.capabilities)
        #expect(process.terminal == nil)
    }

    @Test("another user has another home, and no capabilities in force")
    func user() throws {
        var execution = Execution(["id"])
        execution.user = "user"
        let process = try execution.process(basedOn: Self.own, Files())
        #expect(process.user.uid == 1000)
        #expect(process.user.gid == 1001)
        #expect(process.env == ["PATH=/bin", "A=1", "HOME=/home/user"])
        #expect(process.capabilities?.effective == [])
        #expect(process.capabilities?.permitted == [])
        #expect(process.capabilities?.bounding == ["CAP_CHOWN"])
    }

    @Test("variables are set, replaced and removed")
    func environment() throws {
        var execution = Execution(["env"])
        execution.environment = ["A=2", "B=3", "HOME"]
        execution.terminal = true
        let process = try execution.process(basedOn: Self.own, Files())
        #expect(process.env == ["PATH=/bin", "TERM=xterm", "A=2", "B=3"])
        #expect(process.terminal == true)
    }
}
