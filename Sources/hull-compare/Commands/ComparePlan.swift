import CommandLineOptions
import Comparison
import Glibc
import LinuxSystem

/// What a command line asks to compare.
struct ComparePlan {
    /// Hull's sides: names, and the options of `run` by which they differ.
    var sides: [(name: String, options: [String])] = []
    /// Other programs.
    var peers: [String] = []
    var rule: StoppingRule
    var warmups: Int
    var seed: UInt64
    var comparesOutput: Bool

    /// What `--isolation` can name, and the options of `run` for it.
    private static let walls = [
        "container": ["--isolation=container"], "vm": ["--isolation=vm"], "vm-cold": ["--isolation=vm", "--cold"],
    ]

    /// - Parameter time: the time of a workload's rounds where the command line gives none.
    init(_ arguments: Arguments, time: String) throws {
        rule = StoppingRule(
            rounds: try arguments.number("--runs", 1...100_000),
            time: try Self.time(arguments.value("--time") ?? time),
            precision: try Self.percent(arguments.value("--precision") ?? "2"))
        warmups = try arguments.number("--warmup", 1...1000) ?? 1
        seed = UInt64(try arguments.number("--seed", 0...Int.max) ?? Int(monotonicSeed()))
        comparesOutput = !arguments.has("--ignore-output")
        let own = arguments.values("--side")
        let walls = arguments.value("--isolation") ?? (own.isEmpty ? "container,vm" : "")
        for name in Self.list(walls) {
            guard let options = Self.walls[name] else {
                throw UsageError("invalid value '\(name)' for --isolation: container, vm and vm-cold are known")
            }
            sides.append((name, options))
        }
        for text in own { sides.append(try Self.side(text)) }
        for name in Self.list(arguments.value("--against") ?? "") {
            guard Peers.known.contains(name) else {
                throw UsageError(
                    "invalid value '\(name)' for --against: \(Peers.known.joined(separator: ", ")) are known")
            }
            peers.append(name)
        }
        let names = sides.map(\.name) + peers
        guard names.count > 1 else {
            throw UsageError("there is only one side to compare: give --isolation or --against")
        }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw UsageError("there are two sides with the name '\(twice)'")
        }
    }

    private static func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

    private static func side(_ text: String) throws -> (name: String, options: [String]) {
        guard let separator = text.firstIndex(of: "="), separator > text.startIndex else {
            throw UsageError("invalid value '\(text)' for --side: it should be NAME=OPTIONS")
        }
        let name = String(text[..<separator])
        guard name.utf8.count <= 32, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw UsageError("invalid name '\(name)' of a side: letters, digits and '-', 32 at most")
        }
        return (name, text[text.index(after: separator)...].split(separator: " ").map(String.init))
    }

    private static func time(_ text: String) throws -> Int64 {
        guard let time = WallClock.span(text) ?? Int64(text).map({ $0 * 1_000_000_000 }), time > 0 else {
            throw UsageError("invalid value '\(text)' for --time: it should be a time, as 30s")
        }
        return time
    }

    private static func percent(_ text: String) throws -> Double {
        let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
        guard let number = Double(digits), number > 0, number <= 100 else {
            throw UsageError("invalid value '\(text)' for --precision: it should be a percentage, as 5")
        }
        return number / 100
    }
}

/// A seed that differs from one comparison to the next.
private func monotonicSeed() -> Int64 { monotonicNow() }

extension Arguments {
    /// The number that an option gives.
    fileprivate func number(_ option: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text = value(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "invalid value '\(text)' for \(option): it should be a number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }
}
