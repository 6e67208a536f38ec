/// Counters as a line for people and for benchmarks: `name: one 1, two 2`, without those that are zero.
public enum CounterList {
    /// - Parameter counters: by what they count.
    public static func line<Count: BinaryInteger>(_ name: String, _ counters: [String: Count]) -> String {
        let shown = counters.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(name): \(shown.joined(separator: ", "))"
    }
}
