/// Why a text is no image reference.
public struct ReferenceError: Error, CustomStringConvertible, Equatable {
    /// The text.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// The text for people.
    public var description: String { "invalid image reference '\(text)': \(reason)" }
}

/// The name of an image, normalised as Docker does: `busybox` is `docker.io/library/busybox:latest` (grammar: the
/// distribution project's `reference` package; repository names: distribution-spec, "Pulling manifests").
public struct Reference: Hashable, Sendable, CustomStringConvertible {
    /// The registry's host, with its port: `docker.io`, `localhost:5000`.
    public let registry: String
    /// The repository within the registry: `library/busybox`.
    public let repository: String
    /// The tag; `latest` where neither tag nor digest was given.
    public let tag: String?
    /// The digest; it decides where both are given.
    public let digest: Digest?

    /// Longest repository name, with its registry (distribution's limit).
    static let maximumNameLength = 255
    static let maximumTagLength = 128

    /// Parses and normalises a reference.
    public init(_ text: String) throws(ReferenceError) {
        func invalid(_ reason: String) -> ReferenceError {
            ReferenceError(text: String(text.prefix(300)), reason: reason)
        }
        if text.isEmpty { throw invalid("it is empty") }
        var name = Substring(text)
        var digest: Digest?
        if let at = name.firstIndex(of: "@") {
            guard let parsed = Digest(String(name[name.index(after: at)...])) else {
                throw invalid("what follows '@' should be sha256: and 64 hexadecimal digits")
            }
            digest = parsed
            name = name[..<at]
        }
        var tag: String?
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") {
            let text = String(name[name.index(after: colon)...])
            guard Self.isTag(text) else {
                throw invalid("a tag is up to 128 letters, digits, '_', '.', '-', and starts with none of the last two")
            }
            tag = text
            name = name[..<colon]
        }
        if digest == nil, tag == nil, name.utf8.count == 64, name.utf8.allSatisfy(Self.isHexadecimal) {
            throw invalid("64 hexadecimal digits are an image's id, not its name")
        }
        (registry, repository) = try Self.split(name, invalid)
        self.digest = digest
        self.tag = tag ?? (digest == nil ? "latest" : nil)
    }

    /// Makes the same name with another tag and no digest.
    public init(_ other: Reference, tag: String) {
        registry = other.registry
        repository = other.repository
        self.tag = tag
        digest = nil
    }

    private static func split(
        _ name: Substring, _ invalid: (String) -> ReferenceError
    ) throws(ReferenceError) -> (String, String) {
        var registry = "docker.io"
        var path = name
        if let slash = name.firstIndex(of: "/") {
            let first = name[..<slash]
            let isHost = first.contains(".") || first.contains(":") || first == "localhost"
            if isHost || first.contains(where: \.isUppercase) {
                registry = String(first)
                path = name[name.index(after: slash)...]
            }
        }
        if registry == "index.docker.io" { registry = "docker.io" }
        guard isRegistry(registry) else { throw invalid("'\(registry)' is no host name with an optional port") }
        if registry == "docker.io", !path.contains("/") { path = "library/" + path }
        if path.contains(where: \.isUppercase) { throw invalid("repository names are lower-case") }
        guard !path.isEmpty, path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isComponent) else {
            throw invalid("a repository is made of letters, digits and single separators '.', '_', '-', '/'")
        }
        if registry.utf8.count + 1 + path.utf8.count > maximumNameLength {
            throw invalid("the name is longer than \(maximumNameLength) characters")
        }
        return (registry, String(path))
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isComponent(_ text: Substring) -> Bool {
        var separator = ""
        var previousIsWord = false
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x61...0x7A:
                if !separator.isEmpty {
                    let dashes = separator.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
                    guard dashes || separator == "." || separator == "_" || separator == "__" else { return false }
                }
                separator = ""
                previousIsWord = true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                if !previousIsWord { return false }
                separator.unicodeScalars.append(UnicodeScalar(byte))
            default: return false
            }
        }
        return previousIsWord && separator.isEmpty
    }

    private static func isRegistry(_ text: String) -> Bool {
        var host = Substring(text)
        if host.hasPrefix("[") {
            guard let close = host.firstIndex(of: "]") else { return false }
            let address = host[host.index(after: host.startIndex)..<close]
            let rest = host[host.index(after: close)...]
            return !address.isEmpty && address.utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") }
                && (rest.isEmpty || isPort(rest))
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return false }
            host = host[..<colon]
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard text.first == ":", let port = UInt16(text.dropFirst()), port > 0 else { return false }
        return text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= maximumTagLength else { return false }
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    /// Registry and repository: `docker.io/library/busybox`.
    public var name: String { "\(registry)/\(repository)" }

    /// The whole name: `docker.io/library/busybox:latest`.
    public var description: String {
        name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The name as Docker shows it: `busybox`, `user/image`, `quay.io/a/b`.
    public var familiarName: String {
        guard registry == "docker.io" else { return name }
        return repository.hasPrefix("library/") ? String(repository.dropFirst("library/".count)) : repository
    }
}
