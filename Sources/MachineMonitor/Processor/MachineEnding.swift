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
        if case .success(.rebooted) = outcome, let reason = console.panic {
            return .success(.crashed(reason))
        }
        return outcome
    }
}
