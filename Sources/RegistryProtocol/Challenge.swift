/// How a registry wants to be convinced: one challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1).
public struct Challenge: Sendable, Equatable {
    /// The scheme in lower case: `bearer`, `basic`.
    public var scheme: String
    /// Its parameters, by names in lower case; of two with the same name the first counts.
    public var parameters: [String: String]

    /// The most challenges that are read, and parameters of one.
    package static let limit = 16
    /// The most bytes of a header that are read.
    static let maximumLength = 16 << 10

    /// Reads the challenges of one header. What cannot be understood ends the list; it is not guessed at.
    public static func parse(_ header: String) -> [Challenge] {
        var scanner = HeaderScanner(Array(header.utf8.prefix(maximumLength)))
        var challenges: [Challenge] = []
        while challenges.count < limit {
            scanner.skipSeparators()
            guard let scheme = scanner.token() else { break }
            var challenge = Challenge(scheme: scheme.lowercased(), parameters: [:])
            let understood = scanner.parameters(into: &challenge)
            challenges.append(challenge)
            if !understood { break }
        }
        return challenges
    }
}

/// Reads the tokens and quoted strings of a header (RFC 9110, section 5.6).
private struct HeaderScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while current == 0x20 || current == 0x09 { position += 1 }
    }

    mutating func skipSeparators() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ",") { position += 1 }
    }

    mutating func token() -> String? {
        let start = position
        while let byte = current, Self.isTokenByte(byte) { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    /// Reads `name=value` pairs up to the next challenge's scheme.
    ///
    /// - Returns: whether all was understood.
    mutating func parameters(into challenge: inout Challenge) -> Bool {
        for _ in 0...Challenge.limit {
            let start = position
            skipSeparators()
            guard let name = token() else { return current == nil }
            skipSpace()
            guard current == UInt8(ascii: "=") else {
                // The next challenge starts here.
                position = start
                return true
            }
            position += 1
            skipSpace()
            guard let value = current == UInt8(ascii: "\"") ? quoted() : token() else { return false }
            if challenge.parameters[name.lowercased()] == nil { challenge.parameters[name.lowercased()] = value }
        }
        return false
    }

    private mutating func quoted() -> String? {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = current else { return nil }
                text.append(escaped)
                position += 1
            default: text.append(byte)
            }
        }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
