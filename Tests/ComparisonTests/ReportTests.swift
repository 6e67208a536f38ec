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
        // Of each workload what it is measured by, its phases and its counters, and there is one plot over all.
        #expect(pictures == 2 * 3 + 1)
        #expect(pictures == text.count(of: "</title><desc"))
        // What else was measured is a table by itself.
        #expect(pictures + 2 == text.count(of: "<table "))
        #expect(!text.contains("<script"))
        #expect(text.contains("prefers-color-scheme:dark"))
        #expect(text.contains("@media print"))
    }

    @Test("A page of one workload has a plot for every metric")
    func pageOfOneWorkload() {
        let text = HTMLReport(collation(sampleResult())).text
        let pictures = text.count(of: "<svg ")
        #expect(pictures == text.count(of: "<figure>"))
        #expect(pictures == text.count(of: "<table "))
        // Five metrics, phases, counters.
        #expect(pictures == 7)
    }

    @Test("Every phase has a colour of its own")
    func phaseColours() {
        let text = HTMLReport(collation(sampleResult())).text
        for place in Moment.allCases.indices { #expect(text.count(of: "--p\(place):#") == 3) }
    }

    @Test("What could not take part is named with its reason")
    func leftOut() {
        var result = sampleResult()
        result.leftOut = [.init(name: "docker", reason: "its daemon does not answer")]
        for text in [
            HTMLReport(collation(result)).text, MarkdownReport(collation(result)).text,
            TerminalReport(collation(result), colours: false).text,
        ] {
            #expect(text.contains("docker was left out: its daemon does not answer"))
        }
    }

    @Test("Markdown of several workloads begins with all of them in one table")
    func overview() throws {
        let text = MarkdownReport(collation(sampleResult(workloads: ["first", "second"]))).text
        let table = try #require(text.range(of: "| workload | container | vm |"))
        let section = try #require(text.range(of: "## first"))
        #expect(table < section)
        #expect(text.count(of: "| second | ") == 1)
        #expect(!MarkdownReport(collation(sampleResult())).text.contains("| workload |"))
    }

    @Test("Counters of machines are medians, and what a run did not count counts as none")
    func counters() throws {
        var result = sampleResult()
        let runs = result.workloads[0].observedRuns
        let places = runs.indices.filter { runs[$0].side == "vm" }
        for (place, counters) in zip(places, [["kvm.exits": 5.0], ["kvm.exits": 7, "exit.io": 1], ["kvm.exits": 6]]) {
            result.workloads[0].observedRuns[place].counters = counters
        }
        let side = try #require(Analysis(result).workloads[0].side("vm"))
        #expect(side.counters == ["kvm.exits": 6, "exit.io": 0])
        #expect(MarkdownReport(collation(result)).text.contains("| kvm.exits | 6 |"))
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
    func several() throws {
        var other = sampleResult([("container", 12e6), ("vm", 30e6)])
        other.environment.processor = "Another processor"
        let both = collation(sampleResult(), other)
        #expect(both.workloads.map(\.name) == ["hello"])
        #expect(
            both.workloads[0].rows.map(\.label) == ["container, host0", "vm, host0", "container, host1", "vm, host1"])
        let text = HTMLReport(both).text
        #expect(text.contains("A processor") && text.contains("Another processor"))
        #expect(TerminalReport(both, colours: false).text.contains("vm, host1"))
        #expect(both.workloads[0].rows[0].changes.isEmpty)
        // From 80 to 30 ms, by what was made up.
        let change = try #require(both.workloads[0].rows[3].changes[.wall])
        #expect(abs(change.value - 0.375) < 0.01 && change.lower < change.value && change.upper > change.value)
        #expect(text.contains("ratio to host0") && TerminalReport(both, colours: false).text.contains("ratio to host0"))
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
