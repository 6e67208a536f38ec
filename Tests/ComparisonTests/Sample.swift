import Comparison

/// A result that is made up: every side takes a time of its own, a little more or less each round.
func sampleResult(
    _ times: [(String, Double)] = [("container", 10e6), ("vm", 80e6)], rounds: Int = 20, noise: Double = 0.01,
    workloads: [String] = ["hello"], change: (inout Run) -> Void = { _ in }
) -> ComparisonResult {
    var random = RandomSource(seed: 42)
    var result = ComparisonResult(
        title: "hello", began: "2026-11-24T17:00:00.000000000Z", seed: 1,
        settings: ComparisonResult.Settings(rounds: rounds, time: 30_000_000_000, warmups: 1, precision: 0.05),
        environment: HostEnvironment(
            processor: "A processor", processors: 2, memory: 8e9, kernel: "Linux 6.12", kvm: "software", hull: "0.1.0"),
        sides: times.map { Side(name: $0.0, program: "hull 0.1.0", command: ["hull", "run", "busybox", "true"]) })
    result.workloads = workloads.map { name in
        var workload = WorkloadResult(
            name: name, image: "busybox", digest: "sha256:00", command: ["echo", "hi"], stopped: .rounds,
            elapsed: 1_000_000_000)
        for round in 1...rounds {
            for (position, side) in times.enumerated() {
                let wall = side.1 * Double.random(in: 1 - noise...1 + noise, using: &random)
                var run = Run(side: side.0, round: round, position: position + 1, exitCode: 0)
                run.output = Run.Output(bytes: 3, digest: "sha256:11", start: "hi\n")
                run.measurements[.wall] = wall
                run.measurements[.cpu] = wall / 2
                run.measurements[.pageFaults] = 1000
                run.marks = [
                    Run.Mark(.prepared, at: wall * 0.2), Run.Mark(.created, at: wall * 0.5),
                    Run.Mark(.started, at: wall * 0.6), Run.Mark(.exited, at: wall * 0.9),
                    Run.Mark(.cleaned, at: wall * 0.95), Run.Mark(.ended, at: wall),
                ]
                change(&run)
                workload.runs.append(run)
            }
        }
        for (position, side) in times.enumerated() {
            for round in 1...3 {
                var run = Run(side: side.0, round: round, position: position + 1, exitCode: 0)
                run.measurements[.peakMemory] = side.1
                if side.0 == "vm" {
                    run.measurements[.exits] = 1000
                    run.counters = ["kvm.exits": 1000, "exit.store": 100]
                }
                workload.observedRuns.append(run)
            }
        }
        return workload
    }
    return result
}
