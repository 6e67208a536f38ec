import Comparison
import Glibc
import LinuxSystem

/// Docker with an image made of the same directory. Its daemon does the work and is nobody's child: what that takes in
/// processor time and memory is not seen, times are.
final class DockerSide: RunnableSide {
    let name = "docker"
    let program: String
    let marksMoments = false
    let ownsItsProcesses = false
    private let path: String
    private let root: PeerRoot
    private let image = "hull-compare:\(getpid())"
    private var workload: PlannedWorkload?

    init(path: String, root: PeerRoot) throws {
        self.path = path
        self.root = root
        let version = try CommandOutput.of(path, ["version", "--format", "{{.Server.Version}}"])
        guard version.status == 0, !version.firstLine.isEmpty else {
            throw PeerFailure(description: "its daemon does not answer: \(version.complaint)")
        }
        program = "docker \(version.firstLine)"
    }

    func prepare(_ workload: PlannedWorkload) throws {
        self.workload = workload
        let archive = try root.directory("docker") + "/root.tar"
        // The image of the workload before is not left behind without a name.
        cleanUp()
        try CommandOutput.expect("/bin/tar", ["-C", try root.rootDirectory(of: name), "-cf", archive, "."])
        try CommandOutput.expect(path, ["import", archive, image])
        _ = unsafe unlink(archive)
    }

    func command(run: String) -> [String] {
        [path, "run", "--rm", "--name=\(run)", "--network=none", "--log-driver=none"] + root.processOptions
            + (workload?.options ?? []) + [image] + (root.spec.process?.args ?? [])
    }

    func end(run: String) {
        // A run that never began, or has ended, leaves nothing to remove, and that is no failure.
        _ = try? CommandOutput.of(path, ["rm", "--force", run])
    }

    func cleanUp() {
        // It may never have been made.
        _ = try? CommandOutput.of(path, ["rmi", "--force", image])
    }
}
