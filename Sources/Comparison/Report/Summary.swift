/// The sentences of a report that a person can quote.
public enum Summary {
    /// One sentence a workload: what it took on each side, and how sure that is.
    public static func sentence(_ workload: WorkloadAnalysis) -> String {
        guard let first = workload.sides.first, let base = first.metric(workload.workload.measure) else {
            return "\(Text.printable(workload.workload.name)) was not measured."
        }
        let measure = base.metric
        let what =
            measure == .reported
            ? "One \(Text.printable(workload.workload.operation ?? "operation"))" : label(workload.workload)
        let others = workload.sides.dropFirst().compactMap { side in
            side.metric(measure).map { clause(side, $0) }
        }
        let start = "\(what) took \(Figures.quantity(base.distribution.median, measure)) in \(first.side.name)"
        let rounds = "\(workload.rounds) \(workload.rounds == 1 ? "round" : "rounds")"
        return ([start] + others).joined(separator: "; ") + " (medians of \(rounds), intervals of 95 %)."
    }

    /// One sentence over all workloads: between which ratios each side is.
    public static func overview(_ analysis: Analysis) -> String {
        guard let base = analysis.base else { return "" }
        let clauses = analysis.result.sides.dropFirst().compactMap { side -> String? in
            let ratios = analysis.workloads.compactMap { workload in
                workload.side(side.name)?.metric(workload.workload.measure)?.ratio.map { (workload.workload.name, $0) }
            }.sorted { $0.1.value < $1.1.value }
            guard let least = ratios.first, let most = ratios.last else { return nil }
            return
                "\(side.name) took from \(Figures.significant(least.1.value)) times (\(Text.printable(least.0))) to "
                + "\(Figures.significant(most.1.value)) times (\(Text.printable(most.0))) as long as \(base.name)"
        }
        let count = analysis.workloads.count
        if clauses.isEmpty { return "\(count) workloads were measured in \(base.name)." }
        return "Over \(count) workloads " + clauses.joined(separator: "; ") + " (ratios of medians)."
    }

    /// What is run, as the reader knows it.
    static func label(_ workload: WorkloadResult) -> String {
        Text.printable(workload.name)
    }

    private static func clause(_ side: SideAnalysis, _ metric: MetricAnalysis) -> String {
        let median = Figures.quantity(metric.distribution.median, metric.metric)
        guard let ratio = metric.ratio, let verdict = metric.verdict else { return "\(median) in \(side.side.name)" }
        let interval = "\(Figures.significant(ratio.lower)) to \(Figures.significant(ratio.upper))"
        switch verdict {
        case .more, .less:
            return "\(median) in \(side.side.name), \(Figures.significant(ratio.value)) times as long (\(interval))"
        case .same: return "the same in \(side.side.name) within 5 % (\(interval))"
        case .undecided: return "too noisy to tell for \(side.side.name) (\(interval) times)"
        }
    }
}

extension MetricAnalysis {
    /// The ratio as a cell of a table: a number, or why there is none.
    var ratioText: String {
        guard let ratio, let verdict else { return "" }
        return ratio.text(verdict)
    }
}

extension Estimate {
    /// A ratio as a cell of a table: a number, or why there is none.
    func text(_ verdict: Verdict) -> String {
        let interval = "\(Figures.significant(lower))–\(Figures.significant(upper))"
        return verdict == .undecided ? "too noisy to say (\(interval))" : "\(Figures.significant(value)) (\(interval))"
    }
}
