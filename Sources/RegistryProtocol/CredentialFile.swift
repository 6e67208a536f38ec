import FoundationEssentials
import JSON

/// Docker's `config.json`: logins to registries, and the programs that keep others.
public struct CredentialFile: Sendable, Equatable {
    /// A login in the file.
    private struct Entry: Sendable, Equatable {
        let key: String
        let credentials: Credentials
    }

    /// Why the file cannot be used.
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    /// Bytes of the file, at most.
    package static let maximumSize = 1 << 20

    private var entries: [Entry] = []
    private var helpers: [(host: String, name: String)] = []
    private var store: String?

    /// Two files with the same contents are equal.
    public static func == (left: CredentialFile, right: CredentialFile) -> Bool {
        left.entries == right.entries && left.store == right.store
            && left.helpers.elementsEqual(right.helpers) { $0.host == $1.host && $0.name == $1.name }
    }

    /// A file without logins.
    public init() {}

    /// Reads the file's text. Settings that are not about logins are passed over, for Docker keeps others there.
    public init(_ bytes: [UInt8]) throws {
        let document = try JSONParser.parse(bytes)
        guard let object = document.objectValue else { throw Invalid(description: "should be an object") }
        for member in object["auths"]?.objectValue?.members ?? [] {
            if let credentials = try Self.credentials(member) {
                entries.append(Entry(key: member.key, credentials: credentials))
            }
        }
        for member in object["credHelpers"]?.objectValue?.members ?? [] {
            guard let name = member.value.stringValue else {
                throw Invalid(description: "credHelpers.\(String(foreign: member.key)): should be a string")
            }
            helpers.append((member.key, name))
        }
        store = object["credsStore"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func credentials(_ member: JSONObject.Member) throws(Invalid) -> Credentials? {
        func text(_ key: String) -> String? { member.value[key]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
        if let token = text("identitytoken") { return .identityToken(token) }
        if let user = text("username"), let secret = text("password") { return .password(user: user, secret: secret) }
        // An entry without a login says that a credential store has it.
        guard let encoded = text("auth") else { return nil }
        guard let data = Data(base64Encoded: encoded),
            let decoded = String(validating: data, as: UTF8.self),
            let colon = decoded.firstIndex(of: ":")
        else {
            throw Invalid(
                description: "auths.\(String(foreign: member.key)).auth: should be NAME:PASSWORD in base64")
        }
        var secret = decoded[decoded.index(after: colon)...]
        // Old versions of Docker ended it with zero bytes.
        while secret.last == "\0" { secret.removeLast() }
        return .password(user: String(decoded[..<colon]), secret: String(secret))
    }

    /// Where the login of a registry is to be had.
    public enum Source: Sendable, Equatable {
        /// In the file itself.
        case file(Credentials)
        /// From `docker-credential-NAME`, which knows the registry by this server's name.
        case helper(name: String, server: String)
    }

    /// Looks for a registry's login: its own helper first, then the store, then the file, as Docker does.
    ///
    /// - Parameter registry: as in references: `docker.io`, `localhost:5000`.
    public func sources(for registry: String) -> [Source] {
        let hub = registry == "docker.io"
        let names = hub ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [registry]
        let server = hub ? "https://index.docker.io/v1/" : registry
        var sources: [Source] = []
        if let helper = helpers.first(where: { names.contains(Self.host($0.host)) }) {
            sources.append(.helper(name: helper.name, server: server))
        } else if let store {
            sources.append(.helper(name: store, server: server))
        }
        if let entry = entries.first(where: { names.contains(Self.host($0.key)) }) {
            sources.append(.file(entry.credentials))
        }
        return sources
    }

    /// Keys are hosts, or URLs from the days of the first protocol: `https://index.docker.io/v1/`.
    private static func host(_ key: String) -> String {
        var host = Substring(key)
        for prefix in ["https://", "http://"] where host.hasPrefix(prefix) { host = host.dropFirst(prefix.count) }
        return String(host.prefix { $0 != "/" })
    }
}
