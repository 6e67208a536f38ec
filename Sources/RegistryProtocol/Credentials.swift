import FoundationEssentials

/// What a user proves to be himself with.
public enum Credentials: Sendable, Equatable {
    /// A name and a password (or an access token in its place).
    case password(user: String, secret: String)
    /// A token that is only good for fetching other tokens (OAuth2's refresh token; Docker's "identity token").
    case identityToken(String)

    /// The value of an `Authorization` header; nil for what is no password.
    package var basicHeader: String? {
        guard case .password(let user, let secret) = self else { return nil }
        return "Basic " + Data("\(user):\(secret)".utf8).base64EncodedString()
    }
}
