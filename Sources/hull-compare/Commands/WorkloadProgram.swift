import CommandLineOptions
import LinuxSystem

/// The program `/hull-workload` of workloads that a shell cannot time: the same bytes on every side, read-only.
struct WorkloadProgram {
    private static let name = "hull-workload"

    /// The options of `run` for a command: none where it does not name the program.
    func options(_ command: [String]) throws -> [String] {
        guard command.contains(where: { $0.contains("/" + Self.name) }) else { return [] }
        guard let path = ChildProgram.find(Self.name, in: ChildProgram.ownDirectories()) else {
            throw UsageError("cannot find \(Self.name) beside hull-compare: install it")
        }
        return ["--volume=\(path):/\(Self.name):ro"]
    }
}
