import JSON

/// The name of a blob by its contents (image-spec, descriptor.md, "Digests"). Only sha256 and sha512 are accepted, the
/// registered algorithms.
public struct Digest: Hashable, Sendable, CustomStringConvertible, Codable, JSONReadable {
    /// The algorithm, `sha256` or `sha512`.
    public let algorithm: String
    /// The hash in lower-case hexadecimal digits.
    public let hex: String

    /// Parses `sha256:…`; nil where the text is no digest.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let length = parts[0] == "sha256" ? 64 : parts[0] == "sha512" ? 128 : 0
        guard length > 0, parts[1].utf8.count == length,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        algorithm = String(parts[0])
        hex = String(parts[1])
    }

    /// A sha256 digest of 32 bytes.
    public init(sha256 bytes: [UInt8]) {
        precondition(bytes.count == 32)
        algorithm = "sha256"
        hex = Self.hexadecimal(bytes)
    }

    /// A sha512 digest of 64 bytes.
    public init(sha512 bytes: [UInt8]) {
        precondition(bytes.count == 64)
        algorithm = "sha512"
        hex = Self.hexadecimal(bytes)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The text for people.
    public var description: String { "\(algorithm):\(hex)" }

    /// The first 12 digits, as Docker shows ids.
    public var short: String { String(hex.prefix(12)) }

    /// Reads the text form.
    public init(json: JSONValue) throws(JSONShapeError) {
        let text = try String(json: json)
        guard let digest = Digest(text) else {
            throw JSONShapeError(path: "", reason: "is not a digest: \(text.prefix(80))")
        }
        self = digest
    }

    /// Encodes as the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
