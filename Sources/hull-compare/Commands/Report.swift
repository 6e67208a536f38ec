import CommandLineOptions
import Comparison
import LinuxSystem

/// `hull compare report`.
@Sendable func report(_ arguments: Arguments) throws -> Int32 {
    let request = try ReportRequest(arguments)
    let results = try arguments.operands.map { path in
        guard let bytes = try WholeFile.read(path, limit: ComparisonResult.sizeLimit) else {
            throw UsageError("\(path): there is no such file")
        }
        do {
            return (label: label(path), result: try ComparisonResult(parsing: bytes))
        } catch {
            throw UsageError("\(path): \(error)")
        }
    }
    return try request.write(results)
}

/// A file's name without its directory and its ending.
private func label(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let point = name.lastIndex(of: "."), point > name.startIndex else { return name }
    return String(name[..<point])
}
