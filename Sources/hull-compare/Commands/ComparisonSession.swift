import Comparison
import Glibc
import LinuxSystem

/// Runs all rounds of a comparison.
final class ComparisonSession {
    /// A side that cannot run the command at all.
    struct SideFailure: Error, CustomStringConvertible {
        let description: String
    }

    private let sides: [any RunnableSide]
    private let plan: ComparePlan
    private let progress: Progress
    private let signals: SignalDescriptor
    private var count = 0
    private(set) var isInterrupted = false

    init(_ sides: [any RunnableSide], _ plan: ComparePlan, _ progress: Progress) throws {
        self.sides = sides
        self.plan = plan
        self.progress = progress
        signals = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP])
        try ProcessTree.adoptOrphans()
    }

    /// Measures one workload.
    func measure(_ workload: PlannedWorkload, digest: String) throws -> WorkloadResult {
        var result = WorkloadResult(
            name: workload.name, shows: workload.shows, image: workload.image, digest: digest,
            command: workload.command, measure: workload.measure, operation: workload.operation)
        var order = Interleaving(sides: sides.count, seed: plan.seed)
        var began = monotonicNow()
        do {
            for _ in 0..<plan.warmups {
                for place in order.nextRound() { try checkStart(sides[place], try run(sides[place], workload)) }
            }
            began = monotonicNow()
            var round = 0
            while true {
                round += 1
                try measureRound(round, order.nextRound(), workload, &result)
                let elapsed = monotonicNow() - began
                progress.show(result, elapsed: elapsed, plan.rule)
                if let reason = plan.rule.reason(after: round, elapsed: elapsed, ratios: { ratios(result) }) {
                    result.stopped = reason
                    break
                }
            }
            try observe(order, workload, &result)
        } catch is RunMeasurement.Interruption {
            isInterrupted = true
        }
        progress.clear()
        result.elapsed = monotonicNow() - began
        return result
    }

    /// A round counts as a whole or not at all.
    private func measureRound(
        _ round: Int, _ order: [Int], _ workload: PlannedWorkload, _ result: inout WorkloadResult
    ) throws {
        var runs: [Run] = []
        for (position, place) in order.enumerated() {
            let outcome = try run(sides[place], workload)
            var run = Run(
                side: sides[place].name, round: round, position: position + 1, exitCode: outcome.exitCode,
                output: outcome.output, errors: outcome.errors, measurements: outcome.measurements,
                marks: outcome.marks)
            if !sides[place].ownsItsProcesses {
                for metric in Metric.ofProcesses { run.measurements[metric] = nil }
            }
            if !plan.comparesOutput {
                run.output = Run.Output()
                run.errors = Run.Output()
            }
            runs.append(run)
        }
        result.runs += runs
    }

    /// How many rounds are looked at while they run, beside those that are timed.
    private static let observedRounds = 3
    /// What is taken from them: to look, and to have machines count, takes time.
    private static let observed: [Metric] = [.workloadCpu, .exits, .hypercalls, .interpreted]

    /// Measures memory, and has machines and control groups count, in further rounds whose times do not count.
    private func observe(
        _ order: Interleaving, _ workload: PlannedWorkload, _ result: inout WorkloadResult
    ) throws {
        var order = order
        for round in 1...Self.observedRounds {
            for (position, place) in order.nextRound().enumerated() where sides[place].ownsItsProcesses {
                var sampler: MemorySampler? = MemorySampler()
                let outcome = try run(sides[place], workload, &sampler)
                var run = Run(
                    side: sides[place].name, round: round, position: position + 1, exitCode: outcome.exitCode)
                for metric in Self.observed { run.measurements[metric] = outcome.measurements[metric] }
                run.counters = outcome.counters.isEmpty ? nil : outcome.counters
                run.measurements[.peakMemory] = (sampler?.resident).map(Double.init)
                run.measurements[.proportionalMemory] = (sampler?.proportional).map(Double.init)
                result.observedRuns.append(run)
            }
        }
    }

    private func ratios(_ result: WorkloadResult) -> [Estimate?] {
        let base = sides[0].name
        func values(_ side: String) -> [Int: Double] {
            var values: [Int: Double] = [:]
            for run in result.runs where run.side == side { values[run.round] = run.measurements[result.measure] }
            return values
        }
        let first = values(base)
        return sides.dropFirst().map { side in
            let pairs = values(side.name).sorted { $0.key < $1.key }.compactMap { round, value in
                first[round].map { (value: value, base: $0) }
            }
            return Bootstrap(seed: plan.seed).ratioOfMedians(pairs)
        }
    }

    private func run(_ side: any RunnableSide, _ workload: PlannedWorkload) throws -> RunMeasurement.Outcome {
        var none: MemorySampler?
        return try run(side, workload, &none)
    }

    private func run(
        _ side: any RunnableSide, _ workload: PlannedWorkload, _ sampler: inout MemorySampler?
    ) throws -> RunMeasurement.Outcome {
        count += 1
        let name = "hull-compare-\(getpid())-\(count)"
        let input = try OwnedDescriptor.open(workload.input ?? "/dev/null", O_RDONLY)
        return try RunMeasurement.run(
            side.command(run: name), input: input, signals: signals, reports: workload.measure == .reported,
            sampler: &sampler
        ) { side.end(run: name) }
    }

    /// A side whose first run never came to the workload cannot take part: nothing would be measured.
    private func checkStart(_ side: any RunnableSide, _ outcome: RunMeasurement.Outcome) throws {
        guard side.marksMoments, !outcome.marks.contains(where: { $0.name == .started }) else { return }
        let complaint = Complaint.last(in: outcome.errors.start, status: outcome.exitCode)
        throw SideFailure(description: "\(side.name) cannot run it: \(complaint)")
    }
}
