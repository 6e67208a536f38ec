import NIOHTTP1
import OCISpec
import RegistryEvents
import RegistryProtocol

/// One repository at one server.
actor RegistrySession {
    nonisolated let endpoint: Endpoint
    nonisolated let repository: String
    nonisolated let transport: Transport
    private let authorization: Authorization
    private let report: @Sendable (PullEvent) -> Void
    private var scheme: RegistryURL.Scheme?

    /// Makes a session; nothing is asked yet.
    init(
        _ endpoint: Endpoint, repository: String, _ transport: Transport, _ logins: CredentialFile,
        report: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.endpoint = endpoint
        self.repository = repository
        self.transport = transport
        self.report = report
        authorization = Authorization(endpoint, repository: repository, transport, logins)
    }

    /// Tries of one request with other credentials: what is known, a new token, and one more for a token that ended
    /// meanwhile.
    private static let authorizations = 3

    /// Sends a request to `/v2/REPOSITORY/…`, and answers challenges.
    func send(_ target: String, _ headers: HTTPHeaders = [:], method: HTTPMethod = .GET) async throws
        -> Transport.Response
    {
        let url = endpoint.url(try await knownScheme(), "/v2/\(repository)/\(target)")
        var request = Transport.Request(method: method, headers: headers)
        for _ in 0..<Self.authorizations {
            request.authorization = await authorization.header
            let response = try await transport.send(request, to: url)
            // A storage service behind a redirect may refuse too, but its challenges are not for our credentials.
            guard response.status == 401, response.url.isSameOrigin(as: url) else { return response }
            let challenges = response.headers["WWW-Authenticate"].prefix(Challenge.limit).flatMap(Challenge.parse)
            if challenges.isEmpty { throw try await transport.failure(response, what: target) }
            _ = try await authorization.answer(challenges, refused: request.authorization)
        }
        throw PullError(
            .unauthorized,
            "\(endpoint.name) grants a token for \(repository), but does not accept it: no access, or log in again")
    }

    /// Finds out whether the server speaks TLS, where it need not.
    private func knownScheme() async throws -> RegistryURL.Scheme {
        if let scheme { return scheme }
        let found: RegistryURL.Scheme =
            switch endpoint.security {
            case .verified: .https
            case .plain: .http
            // No credentials go along.
            case .verifiedOrPlain, .insecure:
                try await transport.speaksTLS(endpoint.url(.https, "/v2/")) ? .https : .http
            }
        scheme = found
        return found
    }
}
