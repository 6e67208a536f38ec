/// Whether the machine was quiet enough to say anything.
enum Noise {
    /// More waiting processes a processor than this before the first round means that others were at work.
    static let busyLoad = 0.5
    /// A share of stolen time from which it is named.
    static let stolenShare = 0.01
    /// A spread (MAD over median) from which it is named.
    static let wideSpread = 0.1

    static func warnings(_ environment: HostEnvironment) -> [String] {
        var lines: [String] = []
        let load = environment.loadBefore / Double(max(environment.processors, 1))
        if load > busyLoad {
            lines.append(
                "the machine was busy before the first round: a load of \(Figures.fixed(environment.loadBefore, 1)) on "
                    + "\(environment.processors) processors")
        }
        if environment.stolen > stolenShare {
            lines.append(
                "the hypervisor gave \(Figures.fixed(environment.stolen * 100, 1)) % of the processors' time to others "
                    + "(steal time)")
        }
        return lines
    }

    static func warnings(_ workload: WorkloadResult, _ sides: [SideAnalysis]) -> [String] {
        var lines: [String] = []
        let rounds = sides.map(\.count).min() ?? 0
        if rounds < StoppingRule.fewestRounds {
            lines.append(
                "\(workload.name): only \(rounds) \(rounds == 1 ? "round" : "rounds"): the intervals say little")
        }
        for side in sides {
            guard let measured = side.metric(workload.measure) else { continue }
            if measured.verdict == .undecided, let ratio = measured.ratio {
                lines.append(
                    "\(workload.name): too noisy to tell \(side.side.name) from the base: the ratio is between "
                        + "\(Figures.significant(ratio.lower)) and \(Figures.significant(ratio.upper))")
            }
            let median = measured.distribution.median
            let spread = median > 0 ? measured.distribution.medianAbsoluteDeviation / median : 0
            if spread > wideSpread {
                lines.append(
                    "\(workload.name): runs of \(side.side.name) differ by \(Figures.fixed(spread * 100, 0)) % "
                        + "(median distance from the median)")
            }
            if !measured.outliers.isEmpty {
                let named = measured.outliers.prefix(5).map {
                    "\(Figures.quantity($0.value, measured.metric)) in round \($0.round)"
                }
                let rest = measured.outliers.count - named.count
                lines.append(
                    "\(workload.name): outliers of \(side.side.name), which count like the others: "
                        + named.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : ""))
            }
        }
        return lines
    }
}
