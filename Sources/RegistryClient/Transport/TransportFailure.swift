import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import RegistryProtocol

/// What a failure below HTTP means.
enum TransportFailure: Equatable {
    /// The certificate is not trusted.
    case certificate(String)
    /// The peer speaks no TLS, or another dialect of it.
    case noTLS(String)
    /// No connection.
    case noConnection(String)
    /// The host's name is not known.
    case noHost(String)
    /// The connection was cut, or the peer fell silent, or spoke no HTTP.
    case broken(String)

    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError: self = Self.connection(error)
        case NIOSSLError.uncleanShutdown: self = .broken("the connection was cut")
        case let error as NIOSSLError: self = Self.tls("\(error)")
        case let error as BoringSSLError: self = Self.tls("\(error)")
        case let error as NIOSSLExtraError: self = .certificate(String(foreign: "\(error)"))
        case let error as HTTPClientError: self = Self.client(error)
        case let error as IOError: self = Self.system(error.errnoCode)
        default: self = .broken(String(foreign: "\(error)"))
        }
    }

    private static func client(_ error: HTTPClientError) -> TransportFailure {
        switch error {
        case .connectTimeout: .noConnection("it does not answer")
        case .tlsHandshakeTimeout: .noTLS("no TLS handshake in time")
        case .deadlineExceeded: .broken("no answer in time")
        case .readTimeout: .broken("it fell silent")
        case .remoteConnectionClosed: .broken("the connection was closed")
        default: .broken(String(foreign: "\(error)"))
        }
    }

    private static func system(_ number: CInt) -> TransportFailure {
        switch number {
        case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ETIMEDOUT, EADDRNOTAVAIL:
            .noConnection(text(number))
        default: .broken(text(number))
        }
    }

    private static func connection(_ error: NIOConnectionError) -> TransportFailure {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return .noHost("the host's name is not known")
        }
        for failure in error.connectionErrors {
            if let cause = failure.error as? IOError { return .noConnection(text(cause.errnoCode)) }
        }
        return .noConnection("no connection")
    }

    private static func tls(_ text: String) -> TransportFailure {
        let text = String(foreign: text)
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return .certificate("nobody that is trusted vouches for its certificate")
        }
        if text.contains("noSuchFilesystemObject") { return .certificate("no trusted certificates are installed") }
        return .noTLS(text)
    }

    private static func text(_ number: CInt) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text).lowercased()
    }

    /// The error with its place, and what to do.
    func described(_ url: RegistryURL) -> PullError {
        switch self {
        case .certificate(let reason):
            PullError(
                .tls,
                "\(url.authority) cannot be trusted: \(reason); give its authority's certificate with --cacert, "
                    + "or allow it with --insecure")
        case .noTLS(let reason):
            PullError(.tls, "\(url.authority) speaks no TLS (\(reason)); allow plain HTTP with --insecure")
        case .noConnection(let reason), .noHost(let reason):
            // Most often the name is wrong or the registry does not run, and the user waits to hear that.
            .transient(.unreachable, "cannot connect to \(url.authority): \(reason)", mostAttempts: 2)
        case .broken(let reason):
            .transient(.unreachable, "\(url.authority) broke off: \(reason) (\(url.shown))")
        }
    }
}
