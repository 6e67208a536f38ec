import Comparison
import LinuxSystem

/// Podman with the same directory as root file system, and with storage of its own.
final class PodmanSide: RunnableSide {
    let name = "podman"
    let program: String
    let marksMoments = false
    private let path: String
    private let root: PeerRoot
    private var globals: [String] = []
    private var workload: PlannedWorkload?
    private var directory = "ROOT"

    init(path: String, root: PeerRoot) throws {
        self.path = path
        self.root = root
        program = try CommandOutput.of(path, ["--version"]).firstLine
    }

    func prepare(_ workload: PlannedWorkload) throws {
        self.workload = workload
        directory = try root.rootDirectory(of: name)
        globals = [
            "--root=\(try root.directory("podman"))", "--runroot=\(try root.directory("podman-run"))",
            "--cgroup-manager=cgroupfs", "--events-backend=none",
        ]
    }

    func command(run: String) -> [String] {
        // Its defaults ask for more open files than many hosts allow.
        let limits = ["--ulimit=nofile=1024:20000", "--ulimit=nproc=1024:20000"]
        return [path] + globals + ["run", "--rm", "--name=\(run)", "--network=none", "--log-driver=none"] + limits
            + root.processOptions + (workload?.options ?? []) + ["--rootfs", directory]
            + (root.spec.process?.args ?? [])
    }

    func end(run: String) {
        // A run that never began, or has ended, leaves nothing to remove, and that is no failure.
        _ = try? CommandOutput.of(path, globals + ["rm", "--force", "--time=0", run])
    }
}
