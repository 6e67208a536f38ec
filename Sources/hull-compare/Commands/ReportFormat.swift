import Comparison

/// A form in which results are shown.
enum ReportFormat: String, CaseIterable {
    case json
    case csv
    case markdown
    case html

    /// The format that a file's name asks for.
    init?(fileName: String) {
        guard let point = fileName.lastIndex(of: ".") else { return nil }
        switch fileName[fileName.index(after: point)...] {
        case "json": self = .json
        case "csv": self = .csv
        case "md", "markdown": self = .markdown
        case "html", "htm": self = .html
        default: return nil
        }
    }

    /// The results in this form.
    ///
    /// - Throws: where there are several and the form holds one.
    func bytes(_ collation: Collation) throws -> [UInt8] {
        switch self {
        case .json:
            guard collation.results.count == 1, let only = collation.results.first else {
                throw SeveralResults()
            }
            return try only.analysis.result.file()
        case .csv: return Array(CSVReport(collation).text.utf8)
        case .markdown: return Array(MarkdownReport(collation).text.utf8)
        case .html: return Array(HTMLReport(collation).text.utf8)
        }
    }

    /// Several results do not fit into one result file.
    struct SeveralResults: Error, CustomStringConvertible {
        let description = "a result file holds one result: choose another format for several"
    }
}
