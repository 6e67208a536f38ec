/// A condition under which a comparison fails: `vm.wall > 2x container.wall`, `start: vm.peakMemory >= 64MiB`.
public struct Threshold: Sendable, Equatable {
    /// Why a text is no condition.
    public struct Malformed: Error, CustomStringConvertible, Equatable {
        /// The text for people.
        public let description: String
    }

    /// One side's median of a metric.
    public struct Term: Sendable, Equatable {
        /// The side's name.
        public let side: String
        /// The metric.
        public let metric: Metric
    }

    /// What the left side is compared with.
    enum Limit: Sendable, Equatable {
        case multiple(Double, Term)
        case number(Double)
    }

    /// How it is compared.
    enum Relation: String, Sendable {
        case more = ">"
        case atLeast = ">="
        case less = "<"
        case atMost = "<="

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .more: left > right
            case .atLeast: left >= right
            case .less: left < right
            case .atMost: left <= right
            }
        }
    }

    /// The condition as it was written.
    public let text: String
    /// The workload that it is about; nil for all.
    let workload: String?
    let left: Term
    let relation: Relation
    let right: Limit

    /// Reads a condition.
    public init(parsing text: String) throws(Malformed) {
        self.text = text
        var rest = Substring(text)
        guard let sign = rest.firstIndex(where: { $0 == ">" || $0 == "<" }) else {
            throw Malformed(
                description: "has no comparison: it should be as 'vm.wall > 2x container.wall' or 'vm.wall > 500ms'")
        }
        var first = rest[..<sign]
        rest = rest[rest.index(after: sign)...]
        let isInclusive = rest.hasPrefix("=")
        if isInclusive { rest = rest.dropFirst() }
        relation =
            text[sign] == ">" ? (isInclusive ? .atLeast : .more) : (isInclusive ? .atMost : .less)
        if let colon = first.firstIndex(of: ":") {
            workload = Self.trimmed(first[..<colon])
            first = first[first.index(after: colon)...]
        } else {
            workload = nil
        }
        left = try Self.term(Self.trimmed(first))
        right = try Self.limit(Self.trimmed(rest), left.metric)
    }

    /// The sides that it names.
    public var sides: [String] {
        if case .multiple(_, let term) = right { return [left.side, term.side] }
        return [left.side]
    }

    private static func trimmed(_ text: Substring) -> String {
        var words = text.drop { $0 == " " }
        while words.last == " " { words = words.dropLast() }
        return String(words)
    }

    private static func term(_ text: String) throws(Malformed) -> Term {
        guard let point = text.lastIndex(of: "."), point > text.startIndex else {
            throw Malformed(description: "'\(text)' should be SIDE.METRIC, as vm.wall")
        }
        let name = text[text.index(after: point)...]
        guard let metric = Metric(rawValue: String(name)) else {
            let known = Metric.allCases.map(\.rawValue).joined(separator: ", ")
            throw Malformed(description: "'\(name)' is no metric: \(known) are known")
        }
        return Term(side: String(text[..<point]), metric: metric)
    }

    private static let units: [(name: String, size: Double, kind: Metric.Kind)] = [
        ("ns", 1, .time), ("us", 1e3, .time), ("µs", 1e3, .time), ("ms", 1e6, .time), ("s", 1e9, .time),
        ("KiB", 1024, .bytes), ("MiB", 1_048_576, .bytes), ("GiB", 1_073_741_824, .bytes), ("B", 1, .bytes),
        ("", 1, .count),
    ]

    private static func limit(_ text: String, _ metric: Metric) throws(Malformed) -> Limit {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let rest = trimmed(text.dropFirst(digits.count))
        if digits.isEmpty { return .multiple(1, try term(text)) }
        guard let number = Double(digits) else {
            throw Malformed(description: "'\(digits)' is no number")
        }
        if rest.hasPrefix("x") || rest.hasPrefix("×") {
            let other = try term(trimmed(rest.dropFirst()))
            guard other.metric.kind == metric.kind else {
                throw Malformed(description: "\(metric.rawValue) and \(other.metric.rawValue) have different units")
            }
            return .multiple(number, other)
        }
        guard let unit = units.first(where: { $0.name == rest && $0.kind == metric.kind }) else {
            let known = units.filter { $0.kind == metric.kind && !$0.name.isEmpty }.map(\.name)
            let wanted = known.isEmpty ? "takes a number without a unit" : "takes \(known.joined(separator: ", "))"
            throw Malformed(description: "\(metric.rawValue) \(wanted), not '\(rest)'")
        }
        return .number(number * unit.size)
    }
}

extension Threshold {
    /// What a condition came to.
    public struct Outcome: Sendable, Equatable {
        /// A line for each workload for which the condition holds.
        public var reached: [String] = []
        /// For how many workloads both of its sides were measured; where it is 0 the condition says nothing.
        public var judged = 0
    }

    /// Holds the medians against the condition.
    public func judge(_ analysis: Analysis) -> Outcome {
        var outcome = Outcome()
        for workload in analysis.workloads where self.workload == nil || workload.workload.name == self.workload {
            guard let value = Self.median(left, workload), let limit = self.limit(workload) else { continue }
            outcome.judged += 1
            if relation.holds(value, limit) {
                outcome.reached.append(
                    "\(Text.printable(workload.workload.name)): \(text): \(left.side) took \(shown(value)), the limit is "
                        + shown(limit))
            }
        }
        return outcome
    }

    private func shown(_ value: Double) -> String { Figures.quantity(value, left.metric) }

    private func limit(_ workload: WorkloadAnalysis) -> Double? {
        switch right {
        case .number(let number): number
        case .multiple(let factor, let term): Self.median(term, workload).map { $0 * factor }
        }
    }

    private static func median(_ term: Term, _ workload: WorkloadAnalysis) -> Double? {
        workload.side(term.side)?.metric(term.metric)?.distribution.median
    }
}
