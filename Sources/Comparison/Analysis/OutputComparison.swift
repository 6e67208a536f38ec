/// A side that did not do what the base did.
public struct Difference: Sendable, Equatable {
    /// The workload's name.
    public let workload: String
    /// The side's name.
    public let side: String
    /// The first round in which it was seen.
    public let round: Int
    /// What differs: `exit status`, `standard output`, `standard error`.
    public let what: String
    /// What the base had.
    public let expected: String
    /// What the side had.
    public let found: String

    /// What differs where the command failed on one side only.
    static let exitStatus = "exit status"

    /// One line, and both texts shortened to what a line holds.
    public var text: String {
        "\(workload): \(side) differs in \(what) (round \(round)): \(shown(found)), not \(shown(expected))"
    }

    private func shown(_ text: String) -> String { what == Self.exitStatus ? text : Text.quoted(text, limit: 60) }
}

/// Compares what the sides of a workload did.
struct OutputComparison {
    private(set) var differences: [Difference] = []
    /// What is no difference but worth a line.
    private(set) var notes: [String] = []

    init(_ workload: WorkloadResult, sides: [String]) {
        let runs = workload.runs
        guard let base = sides.first, let first = runs.first(where: { $0.side == base }) else { return }
        compare(workload, runs, base, Difference.exitStatus, first) {
            "\($0.exitCode)"
        } same: {
            $0.exitCode == $1.exitCode
        }
        compare(workload, runs, base, "standard output", first) {
            $0.output.shown
        } same: {
            $0.output == $1.output
        }
        compare(workload, runs, base, "standard error", first) {
            $0.errors.shown
        } same: {
            $0.errors == $1.errors
        }
        if first.exitCode != 0, runs.allSatisfy({ $0.exitCode == first.exitCode }) {
            notes.append("\(workload.name): the command ends with status \(first.exitCode) on every side")
        }
    }

    private mutating func compare(
        _ workload: WorkloadResult, _ runs: [Run], _ base: String, _ what: String, _ first: Run,
        _ shown: (Run) -> String, same: (Run, Run) -> Bool
    ) {
        // What differs between runs of the base itself says nothing about walls: a date, a process id. An exit status does.
        if what != Difference.exitStatus, runs.contains(where: { $0.side == base && !same($0, first) }) {
            notes.append("\(workload.name): \(what) differs between runs of \(base) itself, so it is not compared")
            return
        }
        var seen: Set<String> = []
        for run in runs where !same(run, first) && seen.insert(run.side).inserted {
            differences.append(
                Difference(
                    workload: workload.name, side: run.side, round: run.round, what: what, expected: shown(first),
                    found: shown(run)))
        }
    }
}

extension Run.Output {
    /// The text for a message: what comes after its start is only counted.
    var shown: String {
        let rest = bytes - start.utf8.count
        return rest > 0 ? start + "… (\(bytes) bytes)" : start
    }
}
