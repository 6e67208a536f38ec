import Comparison
import Testing

@Suite("Suites of workloads") struct SuiteTests {
    private func failure(_ text: String) -> String? {
        do {
            _ = try Suite(yaml: text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("What a file says is what is run")
    func fields() throws {
        let suite = try Suite(
            yaml: """
                schema: hull-compare-suite/1
                title: Two
                time: 15s
                workloads:
                  - {name: one, command: [sh, -c, "1"], options: [--interactive], input: file}
                  - {name: two, image: other, measure: reported, operation: call, shows: "yes"}
                """)
        #expect(suite.title == "Two" && suite.time == "15s" && suite.image == nil)
        #expect(suite.workloads.map(\.name) == ["one", "two"])
        #expect(suite.workloads[0].command == ["sh", "-c", "1"] && suite.workloads[0].input == "file")
        #expect(suite.workloads[1].measure == .reported && suite.workloads[1].shows == "yes")
    }

    @Test(
        "What is no suite is told with its place",
        arguments: [
            ("", "is empty"), ("schema: other/1", "schema: should be hull-compare-suite/1"),
            ("schema: hull-compare-suite/1", "workloads: are missing"),
            ("schema: hull-compare-suite/1\nworkloads: [{name: a}, {name: a}]", "workloads[1].name: 'a' is there"),
            ("schema: hull-compare-suite/1\nworkloads: [{name: a, command: [sh, 1]}]", "should be a text"),
            ("schema: hull-compare-suite/1\nworkloads: [{nmae: a}]", "workloads[0].nmae: is unknown"),
            (String(repeating: "[", count: 20) + String(repeating: "]", count: 20), "is nested deeper than 16"),
        ])
    func refused(_ text: String, _ reason: String) {
        #expect(failure(text)?.contains(reason) == true, "\(failure(text) ?? "taken")")
    }

    @Test("A small file cannot become a huge value")
    func anchors() {
        // Ten times ten times … of the same: 10^14 texts.
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<14 {
            text += "a\(level): &a\(level) [" + (0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", ") + "]\n"
        }
        #expect(failure(text)?.contains("has more than 100000 values") == true)
    }
}
