import RegistryEvents
import RegistryProtocol

extension PullLimits {
    /// The wait before a try.
    ///
    /// - Parameters:
    ///   - attempt: the number of tries before.
    ///   - asked: what the server asks for.
    func delay(after attempt: Int, asked: Duration?) -> Duration {
        // A quarter of chance, so that many clients do not come back at once.
        let own = backoff * (1 << min(max(attempt - 1, 0), 10)) * Double.random(in: 1...1.25)
        return min(max(own, asked ?? .zero), longestBackoff)
    }

    /// Repeats what fails for a while only.
    func retrying<Result>(
        _ report: @Sendable (PullEvent) -> Void, _ body: () async throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let error as PullError where error.isTransient && attempt < min(attempts, error.mostAttempts) {
                report(.retrying(reason: error.description))
                try await Task.sleep(for: delay(after: attempt, asked: error.delay))
                attempt += 1
            }
        }
    }
}
