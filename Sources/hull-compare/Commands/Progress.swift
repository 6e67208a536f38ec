import CommandLineOptions
import Comparison
import Glibc

/// Tells on a terminal how far a comparison is.
struct Progress {
    /// Whether standard error is a terminal.
    let isShown = isatty(STDERR_FILENO) == 1

    func show(_ result: WorkloadResult, elapsed: Int64, _ rule: StoppingRule) {
        guard isShown, let round = result.runs.last?.round else { return }
        let total = rule.rounds.map { " of \($0)" } ?? ""
        let time = "\(Figures.fixed(Double(elapsed) / 1e9, 0)) s"
        var sides: [String] = []
        for run in result.runs.suffix(from: result.runs.firstIndex { $0.round == round } ?? 0).sorted(by: {
            $0.side < $1.side
        }) {
            if let value = run.measurements[result.measure] {
                sides.append("\(run.side) \(Figures.quantity(value, result.measure))")
            }
        }
        writeToStandardError(
            "\r\u{1B}[K\(result.name): round \(round)\(total), \(time)  \(sides.joined(separator: "  "))")
    }

    func clear() {
        if isShown { writeToStandardError("\r\u{1B}[K") }
    }
}
