import Synchronization

/// How the machine ended: the first word counts, and brings all processors back.
public final class MachineEnding: Sendable {
    private let outcome = Mutex<Result<MachineEnd, MachineError>?>(nil)
    private let kicks: [ProcessorKick]

    /// - Parameter kicks: of all processors.
    public init(_ kicks: [ProcessorKick]) { self.kicks = kicks }

    /// Ends the machine.
    public func set(_ result: Result<MachineEnd, MachineError>) {
        outcome.withLock { if $0 == nil { $0 = result } }
        for kick in kicks { kick.stop() }
    }

    /// The outcome, after all processors have ended. A kernel that panics asks for a reset: its last lines tell them apart.
    public func result(_ console: ConsoleLog) -> Result<MachineEnd, MachineError> {
        let outcome = outcome.withLock { $0 } ?? .success(.stopped)
        if case .success(.rebooted) = outcome, let reason = Self.panic(console.lastLines(.max)) {
            return .success(.crashed(reason))
        }
        return outcome
    }

    /// What a kernel says first when it panics (kernel/panic.c).
    private static let panicMark = "Kernel panic - not syncing: "

    /// The reason of a panic; nil where no line tells of one.
    static func panic(_ lines: [String]) -> String? {
        for line in lines {
            guard let mark = range(of: panicMark, in: line) else { continue }
            return String(line[mark.upperBound...])
        }
        return nil
    }

    private static func range(of mark: String, in line: String) -> Range<String.Index>? {
        var start = line.startIndex
        while start < line.endIndex {
            if line[start...].hasPrefix(mark) { return start..<line.index(start, offsetBy: mark.count) }
            line.formIndex(after: &start)
        }
        return nil
    }
}
