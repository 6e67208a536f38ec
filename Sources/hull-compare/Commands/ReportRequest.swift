import CommandLineOptions
import Comparison
import Glibc
import LinuxSystem

/// How results are to be shown, and when the command is to fail.
struct ReportRequest {
    /// What goes to standard output; the report for terminals without it.
    private var format: ReportFormat?
    private var files: [(path: String, format: ReportFormat)] = []
    private let thresholds: [Threshold]

    /// The exit status where the sides did not do the same.
    static let different: Int32 = 1
    /// The exit status where a condition of `--fail-if` holds.
    static let reached: Int32 = 3

    init(_ arguments: Arguments) throws {
        for output in arguments.values("--output") {
            if let format = ReportFormat(rawValue: output) {
                self.format = format
            } else if let format = ReportFormat(fileName: output) {
                files.append((output, format))
            } else {
                throw UsageError(
                    "invalid value '\(output)' for --output: json, csv, markdown and html are known, and files with "
                        + "names that end in .json, .csv, .md and .html")
            }
        }
        thresholds = try arguments.values("--fail-if").map { text in
            do {
                return try Threshold(parsing: text)
            } catch {
                throw UsageError("invalid value '\(text)' for --fail-if: \(error)")
            }
        }
    }

    /// Refuses conditions on sides that there are not, before anything is measured.
    func check(sides: [String]) throws {
        for threshold in thresholds {
            for side in threshold.sides where !sides.contains(side) {
                throw UsageError(
                    "invalid value '\(threshold.text)' for --fail-if: there is no side '\(side)'; there are "
                        + sides.joined(separator: ", "))
            }
        }
    }

    /// Writes the reports.
    ///
    /// - Returns: the exit status.
    func write(_ results: [(label: String, result: ComparisonResult)]) throws -> Int32 {
        let collation = Collation(results.map { ($0.label, Analysis($0.result)) })
        for file in files {
            try WholeFile.replace(file.path, try file.format.bytes(collation), mode: 0o644)
        }
        if let format {
            try WholeFile.write(try format.bytes(collation), to: STDOUT_FILENO, "standard output")
        } else {
            let isTerminal = isatty(STDOUT_FILENO) == 1
            let width = WindowSize(of: STDOUT_FILENO).map { Int($0.columns) } ?? 80
            let text = TerminalReport(collation, colours: isTerminal, width: width).text
            try WholeFile.write(Array(text.utf8), to: STDOUT_FILENO, "standard output")
        }
        let isReached = try judge(collation)
        if !collation.differences.isEmpty { return Self.different }
        return isReached ? Self.reached : 0
    }

    private func judge(_ collation: Collation) throws -> Bool {
        var isReached = false
        for threshold in thresholds {
            var judged = 0
            for (_, analysis) in collation.results {
                let outcome = threshold.judge(analysis)
                judged += outcome.judged
                for line in outcome.reached {
                    writeToStandardError("hull: --fail-if holds for \(line)\n")
                    isReached = true
                }
            }
            if judged == 0 {
                throw CommandFailure(
                    "--fail-if '\(threshold.text)' says nothing: no workload measured both of its sides", status: 125)
            }
        }
        return isReached
    }
}
