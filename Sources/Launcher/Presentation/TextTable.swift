import LinuxSystem

/// A table of left-aligned columns with headings, as `docker ps` prints it.
public struct TextTable: Sendable {
    private let headings: [String]
    private var rows: [[String]] = []

    /// Makes an empty table.
    public init(_ headings: [String]) {
        self.headings = headings
    }

    /// Adds a row with as many cells as there are headings. Control characters, which come from images and workloads,
    /// are shown as `?`.
    public mutating func add(_ row: [String]) {
        precondition(row.count == headings.count)
        rows.append(row.map(Self.printable))
    }

    /// Text without characters that could move a terminal's cursor.
    public static func printable(_ text: String) -> String { LinuxSystem.printable(text, limit: .max) }

    /// The lines, headings first; three spaces between columns.
    public func lines(headings shown: Bool = true) -> [String] {
        let all = shown ? [headings] + rows : rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 {
                    line += String(repeating: " ", count: widths[column] - cell.count + 3)
                }
            }
            return line
        }
    }

    /// Prints the lines on standard output.
    public func print(headings shown: Bool = true) {
        for line in lines(headings: shown) { Swift.print(line) }
    }
}
