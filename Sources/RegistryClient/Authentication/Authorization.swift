import NIOHTTP1
import NIOPosix
import RegistryProtocol

/// The right to read one repository at one server: found out once, used by all requests, renewed when it is refused.
actor Authorization {
    private let endpoint: Endpoint
    private let repository: String
    private let transport: Transport
    private let sources: [CredentialFile.Source]
    private var credentials: Credentials?
    private var haveCredentials = false
    /// The header that was last good, or is about to be found.
    private var current: Task<String, any Error>?
    private var granted: String?

    /// Makes one for a repository.
    init(_ endpoint: Endpoint, repository: String, _ transport: Transport, _ file: CredentialFile) {
        self.endpoint = endpoint
        self.repository = repository
        self.transport = transport
        sources = file.sources(for: endpoint.name)
    }

    /// The `Authorization` header that requests should have, as far as it is known.
    var header: String? { granted }

    /// Answers the challenges of a server that refused a request.
    ///
    /// - Parameter refused: the header that the request had. Where another one has been granted since, that is given.
    func answer(_ challenges: [Challenge], refused: String?) async throws -> String {
        if let granted, granted != refused { return granted }
        if let current { return try await current.value }
        let task = Task { try await find(challenges, refused: refused) }
        current = task
        defer { current = nil }
        let header = try await task.value
        granted = header
        return header
    }

    private func find(_ challenges: [Challenge], refused: String?) async throws -> String {
        if let challenge = challenges.first(where: { $0.scheme == "bearer" }) {
            return try await fetchToken(challenge)
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            let names = challenges.map(\.scheme).joined(separator: ", ")
            throw PullError(
                .unauthorized,
                "\(endpoint.name) wants a kind of login that is not known"
                    + (names.isEmpty ? "" : ": \(String(foreign: names))"))
        }
        guard let header = try await login()?.basicHeader else { throw missingLogin() }
        if header == refused { throw wrongLogin() }
        return header
    }

    private func missingLogin() -> PullError {
        PullError(
            .unauthorized,
            "\(endpoint.name) does not let us read \(repository) without a login: it is private, or it does not exist; "
                + "log in with 'docker login\(endpoint.name == "docker.io" ? "" : " \(endpoint.name)")'")
    }

    private func wrongLogin() -> PullError {
        PullError(
            .unauthorized, "\(endpoint.name) does not accept the login in Docker's config.json: log in again")
    }

    /// The user's login, looked up when it is first needed: a helper may ask him something.
    private func login() async throws -> Credentials? {
        if haveCredentials { return credentials }
        for source in sources {
            switch source {
            case .file(let found): credentials = found
            case .helper(let name, let server):
                credentials = try await NIOThreadPool.singleton.runIfActive {
                    try CredentialHelper(name: name).credentials(for: server)
                }
            }
            if credentials != nil { break }
        }
        haveCredentials = true
        return credentials
    }

    private func fetchToken(_ challenge: Challenge) async throws -> String {
        let realm = try Self.realm(challenge, of: endpoint)
        let service = challenge.parameters["service"]
        let scope = challenge.parameters["scope"] ?? "repository:\(repository):pull"
        let credentials = try await login()
        var request = Transport.Request()
        var url = realm
        if case .identityToken(let token) = credentials {
            request.method = .POST
            request.form = Self.form([
                ("grant_type", "refresh_token"), ("service", service), ("client_id", "hull"), ("scope", scope),
                ("refresh_token", token),
            ])
        } else {
            request.authorization = credentials?.basicHeader
            let query = Self.form([("service", service), ("scope", scope)])
            url = RegistryURL(
                scheme: realm.scheme, host: realm.host, port: realm.port,
                target: realm.target + (realm.target.contains("?") ? "&" : "?") + query)
        }
        let response = try await transport.send(request, to: url)
        switch response.status {
        case 200:
            let answer = try await transport.read(response, limit: transport.limits.token, what: "the token")
            return try Token(answer, from: realm.shown).header
        case 401, 403: throw credentials == nil ? missingLogin() : wrongLogin()
        default: throw try await transport.failure(response, what: "a token")
        }
    }

    /// Where tokens are had. The user's password goes there, so it must not travel in the clear: plain HTTP only stays on
    /// this machine or goes where the registry itself is spoken to so.
    static func realm(_ challenge: Challenge, of endpoint: Endpoint) throws(PullError) -> RegistryURL {
        let text = challenge.parameters["realm"] ?? ""
        let url: RegistryURL
        do {
            url = try RegistryURL(text)
        } catch {
            throw PullError(.server, "\(endpoint.name) sends us for a token to what is not allowed: \(error)")
        }
        let isOwnHost = RegistryURL.hostAndPort(endpoint.authority[...])?.host == url.host
        let mayBePlain = endpoint.security != .verified && (isOwnHost || url.isLoopback)
        guard url.scheme == .https || mayBePlain else {
            throw PullError(
                .refused, "\(endpoint.name) sends us for a token to \(url.shown), which is without TLS: not allowed")
        }
        return url
    }

    private static func form(_ fields: [(name: String, value: String?)]) -> String {
        fields.compactMap { field in field.value.map { "\(field.name)=\(RegistryURL.queryValue($0))" } }
            .joined(separator: "&")
    }
}
