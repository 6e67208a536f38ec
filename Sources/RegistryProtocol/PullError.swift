/// Why an image could not be pulled: what, where, and what to do, in one line.
public struct PullError: Error, CustomStringConvertible, Equatable {
    /// What kind of failure it is. Each has its own exit status of `hull-registry` (docs/registries.md).
    public enum Kind: String, CaseIterable, Sendable {
        /// The store or the host failed, or the command was wrong.
        case failed
        /// The registry has no such repository, tag or blob.
        case notFound = "not-found"
        /// The registry wants other credentials, or grants no access.
        case unauthorized
        /// No connection, or one that was cut or stalled.
        case unreachable
        /// The peer's certificate is not trusted, or TLS failed otherwise.
        case tls
        /// The registry wants fewer requests.
        case rateLimited = "rate-limited"
        /// The registry failed (5xx), or its answer is none of the protocol.
        case server
        /// Bytes do not have the digest or the size that they were announced with.
        case corrupt
        /// What the name points to is no image that Hull can run.
        case unsupported
        /// The image is not for the platform.
        case wrongPlatform = "wrong-platform"
        /// The answer breaks a limit or a rule for redirects.
        case refused
        /// There is not enough room for the image.
        case noSpace = "no-space"

        /// The exit status of `hull-registry`.
        public var exitStatus: Int32 {
            switch self {
            case .failed: 1
            case .notFound: 3
            case .unauthorized: 4
            case .unreachable: 5
            case .tls: 6
            case .rateLimited: 7
            case .server: 8
            case .corrupt: 9
            case .unsupported: 10
            case .wrongPlatform: 11
            case .refused: 12
            case .noSpace: 13
            }
        }
    }

    /// What kind of failure it is.
    public var kind: Kind
    /// The text for people.
    public var description: String
    /// Whether the same request may succeed when it is repeated.
    package var isTransient = false
    /// How often it is worth a try at most, where that is less than usual.
    package var mostAttempts = Int.max
    /// How long the registry asks us to wait before that.
    package var delay: Duration?

    /// Makes an error that no repetition mends.
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Makes an error of a request that may be repeated.
    package static func transient(
        _ kind: Kind, _ description: String, delay: Duration? = nil, mostAttempts: Int = .max
    ) -> PullError {
        var error = PullError(kind, description)
        error.isTransient = true
        error.mostAttempts = mostAttempts
        error.delay = delay
        return error
    }
}

extension String {
    /// Text that a stranger wrote, for one line of a message: printable characters only, and not too many.
    package init(foreign text: some StringProtocol, limit: Int = 200) {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            result.unicodeScalars.append(isControl || scalar.properties.isWhitespace ? " " : scalar)
        }
        self = result
    }
}
