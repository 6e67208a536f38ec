import CommandLineOptions
import Comparison
import Glibc
import LinuxSystem

/// How a result is to be shown.
struct ReportRequest {
    private let output: String?

    init(_ arguments: Arguments) throws {
        output = arguments.value("--output")
    }

    /// Writes the report.
    ///
    /// - Returns: the exit status: 1 where the sides did not do the same.
    func write(_ results: [ComparisonResult]) throws -> Int32 {
        var status: Int32 = 0
        for result in results {
            let analysis = Analysis(result)
            let isTerminal = isatty(STDOUT_FILENO) == 1
            let width = WindowSize(of: STDOUT_FILENO).map { Int($0.columns) } ?? 80
            print(TerminalReport(analysis, colours: isTerminal, width: width).text, terminator: "")
            if !analysis.differences.isEmpty { status = 1 }
            if let output { try WholeFile.replace(output, try result.file(), mode: 0o644) }
        }
        return status
    }
}

/// `hull compare report`.
@Sendable func report(_ arguments: Arguments) throws -> Int32 {
    let request = try ReportRequest(arguments)
    return try request.write(
        arguments.operands.map { path in
            guard let bytes = try WholeFile.read(path, limit: ComparisonResult.sizeLimit) else {
                throw UsageError("\(path): there is no such file")
            }
            do {
                return try ComparisonResult(parsing: bytes)
            } catch {
                throw UsageError("\(path): \(error)")
            }
        })
}
