/// Text from a configuration for a message: on one line, and not without end.
public func printable(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(200) {
        shown.unicodeScalars.append(scalar.value < 32 || scalar.value == 127 ? "?" : scalar)
    }
    return shown
}

/// The last lines of foreign bytes, without control characters.
public func printableLines(_ bytes: [UInt8], last count: Int) -> [String] {
    let text = String(decoding: bytes.filter { $0 >= 32 && $0 != 127 || $0 == 10 }, as: UTF8.self)
    return text.split(separator: "\n").suffix(count).map(String.init)
}
