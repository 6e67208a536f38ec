/// Text that others wrote, for a message or a table: on one line, without what moves a terminal's cursor.
///
/// - Parameters:
///   - limit: the most characters (Unicode scalars) of it that are shown.
///   - replacement: what stands for a control character.
public func printable(_ text: String, limit: Int = 200, replacement: Unicode.Scalar = "?") -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        // The control characters of ASCII, and those of ISO 6429 above it, which terminals obey, too.
        let isControl = scalar.value < 32 || (0x7F..<0xA0).contains(scalar.value)
        shown.unicodeScalars.append(isControl ? replacement : scalar)
    }
    return shown
}

/// The last lines of foreign bytes, without control characters.
public func printableLines(_ bytes: [UInt8], last count: Int) -> [String] {
    let text = String(decoding: bytes.filter { $0 >= 32 && $0 != 127 || $0 == 10 }, as: UTF8.self)
    return text.split(separator: "\n").suffix(count).map(String.init)
}
