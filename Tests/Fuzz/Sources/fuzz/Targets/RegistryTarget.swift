import OCISpec
@testable import RegistryProtocol

private let origin = RegistryURL(scheme: .https, host: "registry.example", target: "/v2/a/blobs/x")

/// What a registry answers, each way in which its bytes may be read: challenges, a redirect, a token, a manifest or an index;
/// and the file of logins.
let registryTarget = FuzzTarget(name: "registry") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    _ = Challenge.parse(text)
    if let url = try? origin.resolving(text) {
        guard let again = try? RegistryURL(url.description), again == url else { fatalError("not stable: \(url)") }
    }
    if let mirror = try? Endpoint(mirror: text, trust: Trust()), mirror.security == .insecure {
        fatalError("nobody called it insecure")
    }
    if let token = try? Token(bytes, from: "it"), token.header.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E }) {
        fatalError("no header can carry it")
    }
    _ = try? CredentialFile(bytes).sources(for: "docker.io")
    switch try? ManifestDocument.read(bytes, contentType: nil, what: "it").document {
    case .index(let index): _ = index.candidates(for: .host)
    case .manifest(let manifest): try? manifest.check(PullLimits(), what: "it")
    case nil: break
    }
}
