/// An `http` or `https` URL (RFC 3986), without user information and without a fragment.
public struct RegistryURL: Hashable, Sendable, CustomStringConvertible {
    /// The two schemes that are ever spoken.
    public enum Scheme: String, Sendable {
        case http, https
    }

    /// `http` or `https`.
    public let scheme: Scheme
    /// The host in lower case; an IPv6 address has its brackets.
    public let host: String
    /// The port; the scheme's own where none was given.
    public let port: UInt16
    /// Path and query, from `/` on.
    public let target: String

    /// Makes a URL of parts that are known to be right.
    public init(scheme: Scheme, host: String, port: UInt16? = nil, target: String) {
        self.scheme = scheme
        self.host = host
        self.port = port ?? (scheme == .https ? 443 : 80)
        self.target = target
    }

    /// Why a text is no URL that may be asked.
    package struct Invalid: Error, CustomStringConvertible, Equatable {
        package let description: String
    }

    /// The most bytes of a URL. Signed URLs of storage services have some thousand.
    static let maximumLength = 16 << 10

    /// Parses an absolute URL.
    package init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= Self.maximumLength else { throw Invalid(description: "a URL of too many characters") }
        guard let colon = Self.schemeEnd(text) else {
            throw Invalid(description: "'\(String(foreign: text))' is no absolute URL")
        }
        let name = text[..<colon].lowercased()
        guard let scheme = Scheme(rawValue: name) else {
            throw Invalid(description: "the scheme '\(String(foreign: name, limit: 40))' is neither http nor https")
        }
        let rest = text[text.index(after: colon)...]
        guard rest.hasPrefix("//") else { throw Invalid(description: "'\(String(foreign: text))' names no host") }
        try self.init(scheme, rest.dropFirst(2))
    }

    /// Parses what follows `scheme://`.
    private init(_ scheme: Scheme, _ text: Substring) throws(Invalid) {
        let end = text.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? text.endIndex
        let authority = text[..<end]
        if authority.contains("@") { throw Invalid(description: "a URL that holds a user's name") }
        guard let (host, port) = Self.hostAndPort(authority) else {
            throw Invalid(description: "'\(String(foreign: authority))' is no host name with an optional port")
        }
        self.init(scheme: scheme, host: host, port: port, target: Self.target(text[end...]))
    }

    /// Resolves the text of a `Location` header against this URL.
    package func resolving(_ location: String) throws(Invalid) -> RegistryURL {
        guard location.utf8.count <= Self.maximumLength else {
            throw Invalid(description: "a URL of too many characters")
        }
        if Self.schemeEnd(location) != nil { return try RegistryURL(location) }
        if location.hasPrefix("//") { return try RegistryURL(scheme, location.dropFirst(2)) }
        let path: String
        switch location.first {
        case "/": path = location
        case "?": path = String(target.prefix { $0 != "?" }) + location
        default:
            let own = target.prefix { $0 != "?" }
            path = String(own[...(own.lastIndex(of: "/") ?? own.startIndex)]) + location
        }
        return RegistryURL(scheme: scheme, host: host, port: port, target: Self.target(path[...]))
    }

    /// Where a scheme ends, if the text starts with one.
    private static func schemeEnd(_ text: String) -> String.Index? {
        guard let colon = text.firstIndex(of: ":"), let first = text.utf8.first, isLetter(first),
            text[..<colon].utf8.allSatisfy({
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: ".")
            })
        else { return nil }
        return colon
    }

    /// Splits `host[:port]`; nil where it is none.
    package static func hostAndPort(_ text: Substring) -> (host: String, port: UInt16?)? {
        var host = text
        var port: UInt16?
        let portStart: Substring.Index?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let after = text.index(after: close)
            guard after == text.endIndex || text[after] == ":" else { return nil }
            portStart = after == text.endIndex ? nil : after
        } else {
            portStart = text.firstIndex(of: ":")
        }
        if let portStart {
            let digits = text[text.index(after: portStart)...]
            guard digits.utf8.allSatisfy(isDigit), let number = UInt16(digits), number > 0 else { return nil }
            port = number
            host = text[..<portStart]
        }
        guard isHost(host) else { return nil }
        return (host.lowercased(), port)
    }

    private static func isHost(_ text: Substring) -> Bool {
        if text.hasPrefix("[") {
            let address = text.dropFirst().dropLast()
            return address.contains(":") && address.utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") }
        }
        return !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                    || $0 == UInt8(ascii: "_")
            }
    }

    /// A path with its query as it may stand in a request: it starts with `/`, has no fragment, and what no URL may hold
    /// is encoded.
    private static func target(_ text: Substring) -> String {
        var result: [UInt8] = text.first == "/" ? [] : [UInt8(ascii: "/")]
        let digits = Array("0123456789ABCDEF".utf8)
        let allowed = Set("-._~:/?[]@!$&'()*+,;=%".utf8)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "#") { break }
            if isLetter(byte) || isDigit(byte) || allowed.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// The host, with its port where it is not the scheme's own.
    public var authority: String {
        port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)"
    }

    /// The URL as text.
    public var description: String { "\(scheme)://\(authority)\(target)" }

    /// The URL without its query, which may hold a signature: for messages.
    package var shown: String { "\(scheme)://\(authority)\(target.prefix { $0 != "?" })" }

    /// Whether what is secret may go to both: the same scheme, host and port.
    package func isSameOrigin(as other: RegistryURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether the host is this machine itself. A name is trusted only where it is reserved for that (RFC 6761).
    package var isLoopback: Bool { Self.isLoopback(host) }

    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { $0.utf8.allSatisfy(isDigit) && UInt8($0) != nil }
    }

    /// A value as it may stand in a query.
    package static func queryValue(_ text: String) -> String {
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        let allowed = Set("-._~:/,".utf8)
        for byte in text.utf8 {
            if isLetter(byte) || isDigit(byte) || allowed.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
