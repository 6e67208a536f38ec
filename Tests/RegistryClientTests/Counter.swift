import Synchronization

/// Counts by name, for scripts that answer otherwise the second time.
final class Counter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// - Returns: how often this name has come, this time included.
    func next(_ name: String) -> Int {
        counts.withLock {
            $0[name, default: 0] += 1
            return $0[name] ?? 0
        }
    }
}
