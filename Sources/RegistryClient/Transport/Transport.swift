import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import RegistryProtocol

/// Sends requests and follows redirects; knows nothing of registries.
public struct Transport: Sendable {
    let limits: PullLimits
    let trust: Trust
    private let client: HTTPClient
    private let unverified: TLSConfiguration
    private let userAgent: String

    /// Makes a transport. Call `close` when it is no longer needed.
    ///
    /// - Parameter userAgent: `hull/0.1.0`.
    public init(_ trust: Trust, limits: PullLimits = PullLimits(), userAgent: String) throws(PullError) {
        self.trust = trust
        self.limits = limits
        self.userAgent = userAgent
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let path = trust.certificates {
            do {
                let certificates = try NIOSSLCertificate.fromPEMFile(path)
                if certificates.isEmpty { throw PullError(.failed, "\(path): no certificate is in it") }
                tls.additionalTrustRoots = [.certificates(certificates)]
            } catch let error as PullError {
                throw error
            } catch {
                throw PullError(.failed, "cannot read certificates from \(path): \(String(foreign: "\(error)"))")
            }
        }
        var unverified = tls
        unverified.certificateVerification = .none
        self.unverified = unverified
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(limits.connect), read: TimeAmount(limits.silence)))
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        // Repetition is decided on by us, who know what a failure means.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends all connections.
    public func close() async {
        do {
            try await client.shutdown()
        } catch {
            // All that could fail is closing connections that are of no use any more.
        }
    }

    /// A request without its place.
    struct Request {
        var method = HTTPMethod.GET
        var headers = HTTPHeaders()
        /// The value of the `Authorization` header, for the first server only.
        var authorization: String?
        /// A form that is posted.
        var form: String?
    }

    /// An answer of which the head is here.
    struct Response {
        let url: RegistryURL
        let status: UInt
        let headers: HTTPHeaders
        let body: HTTPClientResponse.Body
    }

    /// Sends a request, and follows redirects where it only reads.
    func send(_ request: Request, to url: RegistryURL) async throws(PullError) -> Response {
        var redirection = Redirection(url, limit: limits.redirects)
        while true {
            let authorization = redirection.carriesCredentials ? request.authorization : nil
            let response = try await sendOnce(request, to: redirection.url, authorization)
            guard Redirection.isRedirect(response.status), request.form == nil else { return response }
            try redirection.follow(response.headers.first(name: "Location"))
        }
    }

    private func sendOnce(
        _ request: Request, to url: RegistryURL, _ authorization: String?
    ) async throws(PullError) -> Response {
        do {
            let response = try await client.execute(
                outgoing(request, url, authorization), deadline: .now() + TimeAmount(limits.head))
            return Response(
                url: url, status: response.status.code, headers: response.headers, body: response.body)
        } catch {
            throw TransportFailure(error).described(url)
        }
    }

    /// Whether a server speaks TLS; certificates are looked at as usual.
    func speaksTLS(_ url: RegistryURL) async throws(PullError) -> Bool {
        do {
            _ = try await client.execute(outgoing(Request(), url, nil), deadline: .now() + TimeAmount(limits.connect))
            return true
        } catch {
            let failure = TransportFailure(error)
            switch failure {
            case .noTLS, .broken: return false
            case .certificate, .noConnection, .noHost: throw failure.described(url)
            }
        }
    }

    private func outgoing(_ request: Request, _ url: RegistryURL, _ authorization: String?) -> HTTPClientRequest {
        var outgoing = HTTPClientRequest(url: url.description)
        outgoing.method = request.method
        outgoing.headers = request.headers
        outgoing.headers.add(name: "User-Agent", value: userAgent)
        if let authorization { outgoing.headers.add(name: "Authorization", value: authorization) }
        if let form = request.form {
            outgoing.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            outgoing.body = .bytes(ByteBuffer(string: form))
        }
        if url.scheme == .https, !trust.verifies(url) { outgoing.tlsConfiguration = unverified }
        return outgoing
    }

    /// Reads a whole body that may be no longer than `limit` bytes.
    func read(_ response: Response, limit: Int, what: String) async throws(PullError) -> [UInt8] {
        func tooLarge() -> PullError {
            PullError(.refused, "\(what) from \(response.url.shown) is larger than \(limit) bytes")
        }
        if let announced = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), announced > limit {
            throw tooLarge()
        }
        let end = ContinuousClock.now + limits.documentTime
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                if bytes.count + chunk.readableBytes > limit { throw tooLarge() }
                bytes.append(contentsOf: chunk.readableBytesView)
                if .now > end {
                    throw PullError.transient(
                        .unreachable, "\(what) from \(response.url.shown) did not come within \(limits.documentTime)")
                }
            }
        } catch let error as PullError {
            throw error
        } catch {
            throw TransportFailure(error).described(response.url)
        }
        return bytes
    }
}

extension TimeAmount {
    /// The same time as a duration's, to the millisecond.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
