/// All runs as a table for other programs (RFC 4180): one line a run, times in nanoseconds, sizes in bytes.
public struct CSVReport {
    private let results: [(label: String, analysis: Analysis)]

    /// Makes a report.
    public init(_ collation: Collation) {
        results = collation.results
    }

    /// The table with its heading.
    public var text: String {
        let heading =
            ["result", "workload", "side", "round", "position", "exitCode"] + Metric.allCases.map(\.rawValue)
            + Moment.allCases.map { "at." + $0.rawValue }
        var lines = [heading]
        for (label, analysis) in results {
            for workload in analysis.result.workloads {
                for run in workload.runs { lines.append(Self.line(label, workload, run)) }
            }
        }
        return lines.map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func line(_ label: String, _ workload: WorkloadResult, _ run: Run) -> [String] {
        [label, workload.name, run.side, "\(run.round)", "\(run.position)", "\(run.exitCode)"]
            + Metric.allCases.map { run.measurements[$0].map(number) ?? "" }
            + Moment.allCases.map { moment in run.marks.first { $0.name == moment }.map { number($0.at) } ?? "" }
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func cell(_ text: String) -> String {
        let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        return needsQuotes
            ? "\""
                + text.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\"" : text
    }
}
