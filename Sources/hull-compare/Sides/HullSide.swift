import Comparison
import LinuxSystem

/// Hull itself, with options of its own.
final class HullSide: RunnableSide {
    let name: String
    let program: String
    let marksMoments = true
    private let globals: [String]
    private let options: [String]
    private var workload: PlannedWorkload?

    /// - Parameters:
    ///   - globals: the options before the command's name.
    ///   - options: the options of `run` by which this side differs.
    init(name: String, version: String, globals: [String], options: [String]) {
        self.name = name
        program = "hull \(version)"
        self.globals = globals
        self.options = options
    }

    func prepare(_ workload: PlannedWorkload) { self.workload = workload }

    func command(run: String) -> [String] {
        guard let workload else { return [hullPath] + globals + ["run"] + options }
        return [hullPath] + globals + ["run", "--rm", "--name=\(run)", "--log-driver=none"] + workload.options
            + options + [workload.image] + workload.command
    }

    func end(run: String) {
        // A run that never began, or has ended, leaves nothing to remove, and that is no failure.
        _ = try? CommandOutput.of(hullPath, globals + ["rm", "--force", run])
    }
}
