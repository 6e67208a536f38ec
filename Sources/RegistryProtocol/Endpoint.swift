import OCISpec

/// A server that is asked for an image: the registry of its name, or a mirror.
package struct Endpoint: Sendable, Equatable {
    /// How it may be spoken to.
    package enum Security: Sendable, Equatable {
        /// TLS with a certificate that somebody vouches for.
        case verified
        /// The same where it speaks TLS, otherwise plain HTTP: for servers on this machine.
        case verifiedOrPlain
        /// TLS with any certificate, otherwise plain HTTP: for servers that the user calls insecure.
        case insecure
        /// Plain HTTP.
        case plain
    }

    /// The name under which logins are kept: `docker.io`.
    package let name: String
    /// The host, with its port where one was given.
    package let authority: String
    /// How it may be spoken to.
    package let security: Security
    /// Whether it stands in for the registry.
    package let isMirror: Bool

    /// Makes a server.
    package init(name: String, authority: String, security: Security, isMirror: Bool = false) {
        self.name = name
        self.authority = authority
        self.security = security
        self.isMirror = isMirror
    }

    /// The registry of a reference. Docker Hub's API is not at the host that its names have.
    package init(registry: String, trust: Trust) {
        let authority = registry == "docker.io" ? "registry-1.docker.io" : registry.lowercased()
        self.init(name: registry, authority: authority, security: trust.security(of: authority))
    }

    /// A mirror, as the configuration names it: `https://host[:port]`, `http://…`, or the host alone.
    package init(mirror text: String, trust: Trust) throws(PullError) {
        var rest = Substring(text)
        var scheme: RegistryURL.Scheme?
        for candidate in [RegistryURL.Scheme.https, .http] where rest.hasPrefix("\(candidate)://") {
            rest = rest.dropFirst(candidate.rawValue.count + 3)
            scheme = candidate
        }
        if rest.last == "/" { rest = rest.dropLast() }
        guard let (host, port) = RegistryURL.hostAndPort(rest) else {
            throw PullError(.failed, "the mirror '\(String(foreign: text))' should be https://HOST[:PORT]")
        }
        let authority = port.map { "\(host):\($0)" } ?? host
        var security = trust.security(of: authority)
        switch (scheme, security) {
        case (.http, .verified):
            throw PullError(
                .failed, "the mirror \(text) is spoken to without TLS: add \(authority) to registries.insecure")
        case (.http, _): security = .plain
        case (.https, .verifiedOrPlain): security = .verified
        default: break
        }
        self.init(name: authority, authority: authority, security: security, isMirror: true)
    }

    /// A URL of the server.
    package func url(_ scheme: RegistryURL.Scheme, _ target: String) -> RegistryURL {
        let parts = RegistryURL.hostAndPort(authority[...]) ?? (authority, nil)
        return RegistryURL(scheme: scheme, host: parts.host, port: parts.port, target: target)
    }
}

/// Which servers are trusted how.
public struct Trust: Sendable, Equatable {
    /// Servers, as `host[:port]`, whose certificates are not checked, and which may be without TLS.
    public var insecure: Set<String>
    /// A PEM file with certificates that are trusted beside the system's.
    public var certificates: String?

    /// Makes a trust.
    public init(insecure: Set<String> = [], certificates: String? = nil) {
        self.insecure = insecure
        self.certificates = certificates
    }

    func security(of authority: String) -> Endpoint.Security {
        if insecure.contains(authority) { return .insecure }
        let host = RegistryURL.hostAndPort(authority[...])?.host ?? authority
        // Who names certificates wants them to be checked.
        return RegistryURL.isLoopback(host) && certificates == nil ? .verifiedOrPlain : .verified
    }

    /// Whether a server's certificate must be vouched for.
    package func verifies(_ url: RegistryURL) -> Bool {
        !insecure.contains(url.authority) && !insecure.contains("\(url.host):\(url.port)")
    }
}
