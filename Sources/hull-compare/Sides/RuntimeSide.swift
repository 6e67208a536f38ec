import Comparison

/// An OCI runtime (crun, runc) with the configuration that Hull makes itself.
final class RuntimeSide: RunnableSide {
    let name: String
    let program: String
    let marksMoments = false
    private let path: String
    private let root: PeerRoot
    private var bundle = "BUNDLE"
    private var state = "STATE"

    init(name: String, path: String, root: PeerRoot) throws {
        self.name = name
        self.path = path
        self.root = root
        program = try CommandOutput.of(path, ["--version"]).firstLine
    }

    func prepare(_ workload: PlannedWorkload) throws {
        bundle = try root.bundle(name)
        state = try root.directory("state-" + name)
    }

    func command(run: String) -> [String] { [path, "--root", state, "run", "--bundle", bundle, run] }

    func end(run: String) {
        // A run that never began, or has ended, leaves nothing to remove, and that is no failure.
        _ = try? CommandOutput.of(path, ["--root", state, "delete", "--force", run])
    }
}
