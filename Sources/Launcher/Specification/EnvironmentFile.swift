import Glibc
import LinuxSystem

/// Files of `NAME=VALUE` lines, with Docker's rules: `#` begins a comment line, spaces before the name are dropped, and
/// the value is taken as it stands, quotes and all.
enum EnvironmentFile {
    static let maximumSize = 1 << 20

    static func read(_ path: String, option: String) throws -> [String] {
        let bytes: [UInt8]
        do {
            let descriptor = try OwnedDescriptor.open(path, O_RDONLY)
            bytes = try BoundedFile.read(descriptor, path, limit: maximumSize)
        } catch {
            throw InvalidOption(option: option, value: path, reason: "\(error)")
        }
        do {
            return try lines(bytes)
        } catch {
            throw InvalidOption(option: option, value: path, reason: error.reason)
        }
    }

    static func lines(_ bytes: [UInt8]) throws(Unacceptable) -> [String] {
        var result: [String] = []
        var text = bytes[...]
        // The mark that some editors of other systems put first.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        for (index, raw) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            var raw = raw
            if raw.last == 0x0D { raw = raw.dropLast() }
            guard let line = String(validating: raw, as: UTF8.self) else { throw "line \(index + 1) is not UTF-8" }
            if raw.contains(0) { throw "line \(index + 1) contains a NUL character" }
            let content = line.drop { $0 == " " || $0 == "\t" }
            if content.isEmpty || content.hasPrefix("#") { continue }
            let name = content.prefix { $0 != "=" }
            if name.isEmpty { throw "line \(index + 1) has no name before '='" }
            if name.contains(where: \.isWhitespace) { throw "line \(index + 1): a name cannot contain spaces" }
            result.append(String(content))
        }
        return result
    }

    /// The name, and the value where there is a `=`.
    static func split(_ text: String) -> (name: String, value: String?) {
        guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

/// Reads files that somebody else wrote, up to a limit.
enum BoundedFile {
    static func read(
        _ descriptor: borrowing OwnedDescriptor, _ path: String, limit: Int
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let chunk = 16384
            let count = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: chunk))
            let number = descriptor.number
            let received = try systemCall("read", path) {
                // The array holds `chunk` bytes from `count` on.
                unsafe bytes.withUnsafeMutableBytes { buffer in
                    unsafe Glibc.read(number, buffer.baseAddress?.advanced(by: count), chunk)
                }
            }
            bytes.removeLast(chunk - received)
            if received == 0 { return bytes }
            if bytes.count > limit { throw SystemError("read", path, number: EFBIG) }
        }
    }
}
