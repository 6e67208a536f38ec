import Comparison
import Testing

@Suite("What is concluded from a result") struct AnalysisTests {
    @Test("A ratio of eight with its interval")
    func ratio() throws {
        let analysis = Analysis(sampleResult())
        let wall = try #require(analysis.workloads[0].side("vm")?.metric(.wall))
        let ratio = try #require(wall.ratio)
        #expect(ratio.lower < 8 && 8 < ratio.upper)
        #expect(wall.verdict == .more)
        #expect(analysis.differences.isEmpty)
        #expect(analysis.warnings.isEmpty)
        // The base is measured by nothing.
        #expect(analysis.workloads[0].side("container")?.metric(.wall)?.ratio == nil)
    }

    @Test(
        "What an interval allows to say",
        arguments: [
            (Estimate(value: 2, lower: 1.9, upper: 2.1), Verdict.more),
            (Estimate(value: 0.5, lower: 0.4, upper: 0.6), .less),
            (Estimate(value: 1, lower: 0.97, upper: 1.03), .same),
            (Estimate(value: 1.1, lower: 0.9, upper: 1.4), .undecided),
        ])
    func verdicts(_ estimate: Estimate, _ verdict: Verdict) {
        #expect(Verdict(estimate) == verdict)
    }

    @Test("A machine too noisy to tell two sides apart gives a warning in place of a number")
    func noise() {
        let analysis = Analysis(sampleResult([("container", 10e6), ("vm", 10.5e6)], rounds: 12, noise: 0.6))
        #expect(analysis.warnings.contains { $0.contains("too noisy to tell vm from the base") })
        #expect(analysis.warnings.contains { $0.contains("runs of container differ by") })
        let text = TerminalReport(Collation([("", analysis)]), colours: false).text
        #expect(text.contains("too noisy to say"))
    }

    @Test("Load and steal time are named")
    func busyMachine() {
        var result = sampleResult()
        result.environment.loadBefore = 3.2
        result.environment.stolen = 0.07
        let warnings = Analysis(result).warnings
        #expect(warnings.contains { $0.contains("busy before the first round: a load of 3.2 on 2 processors") })
        #expect(warnings.contains { $0.contains("gave 7.0 % of the processors' time to others") })
    }

    @Test("Outliers are named, and counted")
    func outliers() throws {
        let result = sampleResult { if $0.side == "vm", $0.round == 7 { $0.measurements[.wall] = 900e6 } }
        let analysis = Analysis(result)
        let wall = try #require(analysis.workloads[0].side("vm")?.metric(.wall))
        #expect(wall.outliers.map(\.round) == [7])
        #expect(wall.values.count == 20)
        #expect(wall.distribution.sorted.last == 900e6)
        #expect(analysis.warnings.contains { $0.contains("outliers of vm") && $0.contains("900 ms in round 7") })
    }

    @Test("A side that writes something else is a difference, named with both texts")
    func differentOutput() throws {
        let result = sampleResult { run in
            if run.side == "vm" { run.output = Run.Output(bytes: 3, digest: "sha256:22", start: "ho\n") }
        }
        let differences = Analysis(result).differences
        #expect(differences.count == 1)
        let text = try #require(differences.first).text
        #expect(text == "hello: vm differs in standard output (round 1): 'ho\\n', not 'hi\\n'")
        let report = TerminalReport(Collation([("", Analysis(result))]), colours: true).text
        #expect(report.hasPrefix("\u{1B}[1;31mDIFFERENT"))
    }

    @Test("A workload that fails on one side is a difference in the exit status")
    func differentStatus() {
        let result = sampleResult { if $0.side == "vm", $0.round > 4 { $0.exitCode = 139 } }
        let differences = Analysis(result).differences
        #expect(differences.map(\.what) == ["exit status"])
        #expect(differences.map(\.round) == [5])
    }

    @Test("What differs from run to run of the base itself is not compared, but said")
    func changingOutput() {
        let result = sampleResult {
            $0.output = Run.Output(bytes: 3, digest: "sha256:\($0.round)", start: "\($0.round)")
        }
        let analysis = Analysis(result)
        #expect(analysis.differences.isEmpty)
        #expect(analysis.warnings.contains { $0.contains("standard output differs between runs of container itself") })
    }

    @Test("Phases lie between the moments that every run of a side has")
    func phases() throws {
        let result = sampleResult([("container", 10e6), ("crun", 9e6)], noise: 0) { run in
            // Whichever comes first of a command's end and the removal of what it leaves.
            if run.side == "container" { run.marks.reverse() }
            if run.side == "crun" { run.marks = run.marks.filter { $0.name == .ended } }
        }
        let workload = Analysis(result).workloads[0]
        let phases = try #require(workload.side("container")).phases
        #expect(phases.map(\.end) == [.prepared, .created, .started, .exited, .cleaned, .ended])
        #expect(abs(phases.map(\.median).reduce(0, +) - 10e6) < 1)
        #expect(abs(phases[1].median - 3e6) < 1)
        #expect(workload.side("crun")?.phases.map(\.end) == [.ended])
    }

    @Test("A terminal never gets what a workload wrote as it is")
    func escapes() {
        let result = sampleResult { run in
            if run.side == "vm" {
                run.output = Run.Output(bytes: 9, digest: "sha256:3", start: "\u{1B}]0;x\u{7}\u{202E}")
            }
        }
        let text = TerminalReport(Collation([("", Analysis(result))]), colours: false).text
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 32 && $0.value != 0x202E) })
        #expect(text.contains("\\u{1b}]0;x"))
    }

    @Test("A result file is read as it was written", arguments: [true, false])
    func resultFile(_ isInterrupted: Bool) throws {
        var result = sampleResult()
        if isInterrupted { result.workloads[0].stopped = .interrupted }
        let read = try ComparisonResult(parsing: try result.file())
        #expect(read == result)
        #expect(read.isInterrupted == isInterrupted)
    }

    @Test(
        "What is no result is refused with the reason",
        arguments: [
            ("{", "line 1"), ("{}", "no schema of that name"),
            (#"{"schema":"hull-compare/9"}"#, "has schema hull-compare/9; this version reads hull-compare/1"),
            (#"{"schema":"hull-compare/1"}"#, "title"),
        ])
    func foreignFiles(_ text: String, _ reason: String) {
        let error = #expect(throws: ResultFileError.self) { try ComparisonResult(parsing: Array(text.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
