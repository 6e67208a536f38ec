import Comparison

/// A suite of workloads, as YAML.
let suiteTarget = FuzzTarget(name: "suite") { bytes in
    guard let suite = try? Suite(yaml: String(decoding: bytes, as: UTF8.self)) else { return }
    if suite.workloads.isEmpty || Set(suite.workloads.map(\.name)).count < suite.workloads.count {
        fatalError("not a suite: \(suite)")
    }
}

/// A result of `hull compare`, perhaps of somebody else's: all reports can be made of it, and none runs or loads anything.
let comparisonResultTarget = FuzzTarget(name: "comparison-result") { bytes in
    guard let result = try? ComparisonResult(parsing: bytes) else { return }
    guard let file = try? result.file(), let again = try? ComparisonResult(parsing: file), again == result else {
        fatalError("a result changes when it is written")
    }
    let collation = Collation([("one", Analysis(result)), ("two", Analysis(again))])
    _ = CSVReport(collation).text + MarkdownReport(collation).text
    for scalar in TerminalReport(collation, colours: false).text.unicodeScalars
    where scalar.properties.generalCategory == .control && scalar != "\n" {
        fatalError("a control character is shown: \(scalar.value)")
    }
    let page = HTMLReport(collation).text
    for start in ["<script", "<img", "<iframe", "<em>"] where page.contains(start) {
        fatalError("\(start) in the page")
    }
}

/// A condition of `--fail-if`.
let conditionTarget = FuzzTarget(name: "condition") { bytes in
    guard let threshold = try? Threshold(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
    if threshold.sides.isEmpty || threshold.sides.contains("") { fatalError("no side: \(threshold.text)") }
}
