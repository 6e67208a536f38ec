/// One or several results, laid side by side by their workloads.
public struct Collation: Sendable {
    /// The results with a name for each; the name of a single one is not shown.
    public let results: [(label: String, analysis: Analysis)]
    /// The workloads of all, in the order in which they come up.
    public let workloads: [Group]

    /// One workload in all results.
    public struct Group: Sendable {
        /// Its name.
        public let name: String
        /// Where it was run.
        public let entries: [(label: String, analysis: WorkloadAnalysis)]
        /// All sides that ran it.
        public let rows: [Row]

        /// The workload as its first result has it.
        public var workload: WorkloadResult? { entries.first?.analysis.workload }
        /// The counters of machines, of any side, those that count most first.
        public var counters: [String] {
            let all = rows.map(\.side.counters).reduce(into: [:]) { $0.merge($1, uniquingKeysWith: max) }
            return all.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        }
        /// The metrics of any result, the most important first.
        public var metrics: [Metric] {
            var seen: Set<Metric> = []
            return entries.flatMap(\.analysis.metrics).filter { seen.insert($0).inserted }
        }
    }

    /// One side of one result.
    public struct Row: Sendable {
        /// Its name: the side's, and the result's where there are several.
        public let label: String
        /// The side.
        public let side: SideAnalysis
        /// Which of the sides it is, by which it has its colour.
        public let place: Int
        /// The medians as multiples of the same side's in the first result; empty in that result itself.
        public let changes: [Metric: Estimate]

        /// The change of a metric as a cell of a table: a number, or why there is none.
        func changeText(_ metric: Metric) -> String { changes[metric].map { $0.text(Verdict($0)) } ?? "" }
    }

    /// What the changes of rows are measured by; nil for a single result.
    public var changeBase: String? { results.count > 1 ? results.first?.label : nil }

    /// Lays results side by side.
    public init(_ results: [(label: String, analysis: Analysis)]) {
        self.results = results
        var names: [String] = []
        var sides: [String] = []
        for result in results {
            for workload in result.analysis.workloads where !names.contains(workload.workload.name) {
                names.append(workload.workload.name)
            }
            for side in result.analysis.result.sides where !sides.contains(side.name) { sides.append(side.name) }
        }
        workloads = names.map { name in
            let entries = results.compactMap { result in
                result.analysis.workloads.first { $0.workload.name == name }.map { (result.label, $0) }
            }
            let rows = entries.enumerated().flatMap { index, entry in
                let (label, workload) = entry
                return workload.sides.map { side in
                    let first = index == 0 ? nil : entries.first?.1.side(side.side.name)
                    return Row(
                        label: results.count > 1 ? "\(side.side.name), \(label)" : side.side.name, side: side,
                        place: sides.firstIndex(of: side.side.name) ?? 0, changes: Self.changes(side, since: first))
                }
            }
            return Group(name: name, entries: entries, rows: rows)
        }
    }

    /// What differs in any result.
    public var differences: [String] {
        results.flatMap { label, analysis in analysis.differences.map { prefixed(label, $0.text) } }
    }

    /// What the reader should know before believing a number.
    public var warnings: [String] {
        results.flatMap { label, analysis in analysis.warnings.map { prefixed(label, Text.printable($0)) } }
    }

    private func prefixed(_ label: String, _ text: String) -> String {
        results.count > 1 ? "\(label): \(text)" : text
    }

    private static func changes(_ side: SideAnalysis, since first: SideAnalysis?) -> [Metric: Estimate] {
        guard let first else { return [:] }
        var changes: [Metric: Estimate] = [:]
        for metric in side.metrics {
            guard let base = first.metric(metric.metric) else { continue }
            changes[metric.metric] = Bootstrap(seed: 1).ratioOfMedians(
                metric.values.map(\.value), toIndependent: base.values.map(\.value))
        }
        return changes
    }
}
