/// Which redirects are followed: only to http and https, never from https to http, a few at most.
package struct Redirection {
    /// Where the request is now.
    package private(set) var url: RegistryURL
    private var left: Int
    private let origin: RegistryURL

    /// Begins at a URL.
    ///
    /// - Parameter limit: the most redirects.
    package init(_ url: RegistryURL, limit: Int) {
        self.url = url
        origin = url
        left = limit
    }

    /// Whether credentials may go along: only to the scheme, host and port that they are for. Once elsewhere, a way back
    /// does not bring them back, for a stranger chose it.
    package private(set) var carriesCredentials = true

    /// Takes the answer's `Location`.
    package mutating func follow(_ location: String?) throws(PullError) {
        guard let location else { throw PullError(.server, "\(url.shown) redirects to nowhere") }
        guard left > 0 else {
            throw PullError(.refused, "\(origin.shown) redirects too often: the last was \(url.shown)")
        }
        left -= 1
        let next: RegistryURL
        do {
            next = try url.resolving(location)
        } catch {
            throw PullError(.refused, "\(url.shown) redirects to what is not allowed: \(error)")
        }
        if url.scheme == .https, next.scheme == .http {
            throw PullError(.refused, "\(url.shown) redirects from https to http, which is not allowed: \(next.shown)")
        }
        if !next.isSameOrigin(as: origin) { carriesCredentials = false }
        url = next
    }

    /// Whether a status is a redirect of a request that reads.
    package static func isRedirect(_ status: UInt) -> Bool {
        switch status {
        case 301, 302, 303, 307, 308: true
        default: false
        }
    }
}
