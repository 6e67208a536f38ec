import Dispatch
import Synchronization

/// Runs asynchronous work from a synchronous `main`, and waits for its end. So the main thread stays the process's own, as
/// in Hull's other programs.
func waitFor<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    let end = DispatchSemaphore(value: 0)
    Task {
        do {
            outcome.set(.success(try await body()))
        } catch {
            outcome.set(.failure(error))
        }
        end.signal()
    }
    end.wait()
    return try outcome.get()
}

/// The result of work on another thread.
private final class Outcome<Value: Sendable>: Sendable {
    private struct Unfinished: Error {}

    private let result = Mutex<Result<Value, any Error>>(.failure(Unfinished()))

    func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }

    func get() throws -> Value { try result.withLock { $0 }.get() }
}
