import Comparison
import Testing

@Suite("Conditions under which a comparison fails") struct ThresholdTests {
    private func judge(_ text: String, _ result: ComparisonResult = sampleResult()) throws -> Threshold.Outcome {
        try Threshold(parsing: text).judge(Analysis(result))
    }

    @Test("A condition that holds is told with both numbers")
    func reached() throws {
        let outcome = try judge("vm.wall > 2x container.wall")
        #expect(outcome.judged == 1)
        #expect(outcome.reached.count == 1)
        #expect(outcome.reached[0].hasPrefix("hello: vm.wall > 2x container.wall: vm took 8"), "\(outcome.reached)")
    }

    @Test(
        "What holds and what does not, for times of 10 and 80 ms",
        arguments: [
            ("vm.wall > 9x container.wall", false), ("vm.wall>7.5×container.wall", true),
            ("vm.wall > 70ms", true), ("vm.wall > 0.1s", false), ("container.wall < vm.wall", true),
            ("container.wall <= 5 ms", false), ("vm.pageFaults >= 1000", true), ("vm.pageFaults > 1000", false),
            ("vm.peakMemory > 100MiB", false), ("hello: vm.wall > 1ms", true),
        ])
    func conditions(_ text: String, _ holds: Bool) throws {
        let outcome = try judge(text)
        #expect(outcome.reached.isEmpty != holds)
        #expect(outcome.judged == 1)
    }

    @Test("A condition on one workload is not held against others")
    func oneWorkload() throws {
        let result = sampleResult(workloads: ["a", "b", "c"])
        #expect(try judge("vm.wall > 1ms", result).reached.count == 3)
        #expect(try judge("b: vm.wall > 1ms", result).reached.count == 1)
        #expect(try judge("d: vm.wall > 1ms", result).judged == 0)
        #expect(try judge("vm.readBytes > 1B", result).judged == 0)
    }

    @Test(
        "What is no condition is refused with what would be one",
        arguments: [
            ("vm.wall", "has no comparison"), ("wall > 2ms", "should be SIDE.METRIC"),
            ("vm.size > 2ms", "is no metric"),
            ("vm.wall > 2", "takes ns"), ("vm.wall > 2MiB", "takes ns"),
            ("vm.wall > 2x container.peakMemory", "different"),
            ("vm.pageFaults > 2ms", "takes a number without a unit"), ("vm.wall > 1.2.3ms", "is no number"),
            ("vm.wall >", "should be SIDE.METRIC"),
        ])
    func malformed(_ text: String, _ reason: String) {
        let error = #expect(throws: Threshold.Malformed.self) { try Threshold(parsing: text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("The sides that it names are known before anything runs")
    func sides() throws {
        #expect(try Threshold(parsing: "vm-cold.wall > 2x container.wall").sides == ["vm-cold", "container"])
    }
}
