/// What a workload says of itself: a line `nanoseconds an operation: 123.4` on standard output. It is taken out before
/// outputs are compared, for it differs from run to run.
public enum ReportedTime {
    private static let start = "nanoseconds an operation: "

    /// Takes the last such line out of an output.
    ///
    /// - Returns: the time in nanoseconds, nil where there is none, and the other lines.
    public static func take(from output: String) -> (time: Double?, rest: String) {
        var lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        guard let index = lines.lastIndex(where: { $0.hasPrefix(start) }),
            let time = Double(lines[index].dropFirst(start.count)), time.isFinite, time >= 0
        else { return (nil, output) }
        lines.remove(at: index)
        return (time, lines.joined(separator: "\n"))
    }
}
