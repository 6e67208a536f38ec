import Comparison
import Testing

@Suite("Reports") struct ReportTests {
    private func collation(_ results: ComparisonResult...) -> Collation {
        Collation(results.enumerated().map { ("host\($0.offset)", Analysis($0.element)) })
    }

    @Test("The page has a title and a table for every plot, and no script")
    func page() {
        let text = HTMLReport(collation(sampleResult(workloads: ["a", "b"]))).text
        let pictures = text.count(of: "<svg ")
        #expect(pictures == text.count(of: "<figure>"))
        #expect(pictures == text.count(of: "<table "))
        #expect(pictures == text.count(of: "</title><desc"))
        // Both workloads have four metrics and their phases, and there is one plot over all.
        #expect(pictures == 2 * 5 + 1)
        #expect(!text.contains("<script"))
        #expect(text.contains("prefers-color-scheme:dark"))
        #expect(text.contains("@media print"))
    }

    @Test("What others wrote is text on the page, never markup")
    func escaping() {
        var result = sampleResult([("container", 1e6), ("vm", 2e6)])
        result.title = "<script>alert(1)</script>"
        result.workloads[0].name = "\"><img src=x>"
        result.sides[1].command = ["a&b", "<c>"]
        for index in result.workloads[0].runs.indices where result.workloads[0].runs[index].side == "vm" {
            result.workloads[0].runs[index].output = Run.Output(bytes: 9, digest: "sha256:5", start: "<b>\u{1B}[2J</b>")
        }
        let text = HTMLReport(collation(result)).text
        #expect(!text.contains("<script"))
        #expect(!text.contains("<img"))
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("a&amp;b"))
        #expect(text.contains("&lt;b&gt;\\u{1b}[2J"))
    }

    @Test("What differs comes before every number, as an alert")
    func differences() throws {
        let result = sampleResult { if $0.side == "vm" { $0.exitCode = 1 } }
        let text = HTMLReport(collation(result)).text
        let alert = try #require(text.range(of: "role=\"alert\""))
        let picture = try #require(text.range(of: "<svg "))
        #expect(alert < picture)
        let markdown = MarkdownReport(collation(result)).text
        #expect(markdown.contains("**The sides did not do the same:**"))
    }

    @Test("Several results stand side by side, each with its environment")
    func several() {
        var other = sampleResult([("container", 12e6), ("vm", 30e6)])
        other.environment.processor = "Another processor"
        let both = collation(sampleResult(), other)
        #expect(both.workloads.map(\.name) == ["hello"])
        #expect(
            both.workloads[0].rows.map(\.label) == ["container, host0", "vm, host0", "container, host1", "vm, host1"])
        let text = HTMLReport(both).text
        #expect(text.contains("A processor") && text.contains("Another processor"))
        #expect(TerminalReport(both, colours: false).text.contains("vm, host1"))
    }

    @Test("The table for other programs has a line a run, quoted where it must be")
    func table() {
        var result = sampleResult(rounds: 3)
        result.workloads[0].name = "say \"a,b\""
        let lines = CSVReport(collation(result)).text.split(separator: "\r\n")
        #expect(lines.count == 1 + 6)
        #expect(lines[0].hasPrefix("result,workload,side,round,position,exitCode,wall,"))
        #expect(lines[1].hasPrefix("host0,\"say \"\"a,b\"\"\",container,1,1,0,"))
        let columns = lines[0].split(separator: ",").count
        #expect(lines[1].split(separator: ",", omittingEmptySubsequences: false).count == columns + 1)
    }

    @Test("Markdown shows names as they are")
    func markdown() {
        var result = sampleResult()
        result.workloads[0].name = "a | b *c*"
        let text = MarkdownReport(collation(result)).text
        #expect(text.contains("a \\| b \\*c\\*"))
        #expect(text.contains("| vm | 8"))
    }

    @Test("The sentence to quote has both times, the ratio and how sure it is")
    func sentence() {
        let analysis = Analysis(sampleResult(noise: 0))
        #expect(
            Summary.sentence(analysis.workloads[0])
                == "hello took 10.0 ms in container; 80.0 ms in vm, 8.00 times as long (8.00 to 8.00) (medians of 20 "
                + "rounds, intervals of 95 %).")
        #expect(
            Summary.overview(Analysis(sampleResult(noise: 0, workloads: ["a", "b"])))
                == "Over 2 workloads vm took from 8.00 times (a) to 8.00 times (b) as long as container (ratios of medians)."
        )
    }

    @Test("A terminal without colours gets no escapes and no blocks")
    func plainText() {
        let plain = TerminalReport(collation(sampleResult()), colours: false).text
        #expect(!plain.contains("\u{1B}") && !plain.contains("█"))
        let coloured = TerminalReport(collation(sampleResult()), colours: true).text
        #expect(coloured.contains("\u{1B}[1m") && coloured.contains("█"))
    }
}

extension String {
    fileprivate func count(of part: String) -> Int { ranges(of: part).count }

    /// Where a text begins first.
    fileprivate func range(of part: String) -> Index? { ranges(of: part).first?.lowerBound }
}
