import Glibc
import ImageStore
import JSON
import OCISpec
import RegistryEvents
import RegistryProtocol
import Testing

@testable import RegistryClient

private let layerBytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 40_503 >> 7) }

/// A server whose answers about the layer of `a:1` are a test's.
private func withLayer(
    _ steps: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step],
    limits: PullLimits = PullFixture.limits, _ check: (PullOutcome, ScriptedServer, PullFixture) throws -> Void
) async throws {
    let (registry, layer) = try FakeRegistry.withImage(layerBytes)
    let target = "/v2/a/blobs/\(layer.digest)"
    try await ScriptedServer.run({ $0.target == target ? steps($0) : registry.answer($0) }) { server in
        let fixture = try PullFixture()
        let outcome = try await fixture.pull(server, limits: limits)
        try check(outcome, server, fixture)
        #expect(try outcome.failure == nil || fixture.names.isEmpty)
        #expect(outcome.failure == nil || !fixture.store.hasBlob(layer))
    }
}

/// A server that answers whatever is asked for in one way.
private func withServer(
    limits: PullLimits = PullFixture.limits, logins: String = "{}",
    _ script: @escaping ScriptedServer.Script, _ check: (PullOutcome, ScriptedServer) throws -> Void
) async throws {
    try await ScriptedServer.run(script) { server in
        let fixture = try PullFixture()
        let outcome = try await fixture.pull(server, limits: limits, logins: logins)
        try check(outcome, server)
        #expect(try outcome.failure == nil || fixture.names.isEmpty)
    }
}

@Test func wrongBytesAreRefused() async throws {
    try await withLayer({ _ in .answer(200, [], layerBytes.reversed()) }) { outcome, server, _ in
        #expect(outcome.failure?.kind == .corrupt)
        #expect(outcome.failure?.description.contains("wrong digest") == true)
        #expect(outcome.retries == 0)
    }
}

@Test func endlessBodyIsCutOff() async throws {
    let chunk = ScriptedServer.Step.chunk([UInt8](repeating: 1, count: 10_000))
    guard case .send(let bytes) = chunk else { return }
    try await withLayer({ _ in [.head(200, [("Transfer-Encoding", "chunked")]), .endless(bytes)] }) { outcome, _, _ in
        #expect(outcome.failure?.kind == .corrupt)
    }
}

@Test(arguments: [0, 1, 199_999, 200_001, 1 << 40])
func lengthOtherThanTheDescriptorsIsRefused(length: Int) async throws {
    try await withLayer({ _ in
        .answer(200, [], Array(layerBytes.prefix(length)), length: length)
    }) { outcome, server, _ in
        #expect(outcome.failure?.kind == .corrupt)
        #expect(outcome.failure?.description.contains("wrong size") == true)
    }
}

@Test func bodyThatAlwaysEndsEarlyIsGivenUp() async throws {
    try await withLayer({ _ in .answer(200, [], [1, 2, 3], length: layerBytes.count) }) { outcome, server, _ in
        #expect(outcome.failure?.kind == .unreachable)
        #expect(server.requests.count < 20)
    }
}

@Test func bodyThatEndsEarlyInGoodOrderIsGivenUp() async throws {
    try await withLayer({ _ in
        [.head(200, [("Transfer-Encoding", "chunked")]), .chunk([1, 2, 3]), .chunk([])]
    }) { outcome, server, _ in
        #expect(outcome.failure?.kind == .unreachable)
        #expect(server.requests.count < 20)
    }
}

@Test func bytesAfterTheBodyChangeNothing() async throws {
    try await withLayer({ _ in
        .answer(200, [], layerBytes) + [.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + layerBytes)]
    }) { outcome, _, _ in _ = try outcome.result.get() }
}

@Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/", "unix:/run/docker.sock", "gopher://127.0.0.1/", "data:,x",
    "https://u:p@127.0.0.1/",
])
func redirectsToOtherSchemesAreRefused(location: String) async throws {
    try await withLayer({ _ in .answer(307, [("Location", location)]) }) { outcome, server, _ in
        #expect(outcome.failure?.kind == .refused)
        #expect(outcome.retries == 0)
    }
}

@Test(arguments: ["", "loop", "/v2/a/blobs/elsewhere"])
func redirectLoopsEnd(location: String) async throws {
    try await withServer({ _ in .answer(302, location.isEmpty ? [] : [("Location", location)]) }) { outcome, server in
        #expect([.refused, .server].contains(outcome.failure?.kind))
        #expect(server.requests.count <= PullLimits().redirects + 1)
    }
}

@Test func credentialsAreNotTakenToAnotherHost() async throws {
    let (registry, layer) = try FakeRegistry.withImage(layerBytes)
    let target = "/v2/a/blobs/\(layer.digest)"
    try await ScriptedServer.run({ request in
        if request.headers["host"]?.hasPrefix("127.0.0.2") == true { return registry.answer(request) }
        guard request.headers["authorization"] == "Basic dTpw" else {
            return .answer(401, [("WWW-Authenticate", "Basic realm=x")])
        }
        guard request.target == target else { return registry.answer(request) }
        let port = request.headers["host"]?.split(separator: ":").last ?? ""
        return .answer(307, [("Location", "http://127.0.0.2:\(port)\(target)")])
    }) { server in
        let logins = #"{"auths":{"127.0.0.1:\#(server.port)":{"auth":"dTpw"}}}"#
        _ = try await PullFixture().pull(server, logins: logins).result.get()
        let elsewhere = server.requests.filter { $0.headers["host"]?.hasPrefix("127.0.0.2") == true }
        #expect(elsewhere.count == 1)
        #expect(elsewhere.allSatisfy { $0.headers["authorization"] == nil })
        #expect(server.requests.first?.headers["authorization"] == nil, "nobody gets credentials unasked")
    }
}

@Test func refusalsWithoutEndAreEnded() async throws {
    try await ScriptedServer.run({ request in
        let host = request.headers["host"] ?? ""
        if request.target.hasPrefix("/token") { return .answer(text: #"{"token":"t"}"#) }
        return .answer(401, [("WWW-Authenticate", #"Bearer realm="http://\#(host)/token",service="s""#)])
    }) { server in
        let outcome = try await PullFixture().pull(server)
        #expect(outcome.failure?.kind == .unauthorized)
        #expect(server.requests.count <= 6)
        #expect(server.requests.contains { $0.target == "/token?service=s&scope=repository:a:pull" })
    }
}

@Test(arguments: ["Basic realm=x", "Bearer realm=", "Negotiate", "", #"Bearer realm="file:///x""#])
func challengesThatCannotBeMetEndThePull(challenge: String) async throws {
    try await withServer({ _ in .answer(401, [("WWW-Authenticate", challenge)]) }) { outcome, server in
        #expect([.unauthorized, .server].contains(outcome.failure?.kind))
        #expect(server.requests.count == 1)
    }
}

@Test func wrongPasswordIsSentOnce() async throws {
    try await ScriptedServer.run({ _ in .answer(401, [("WWW-Authenticate", "Basic realm=x")]) }) { server in
        let logins = #"{"auths":{"127.0.0.1:\#(server.port)":{"auth":"dTpw"}}}"#
        let outcome = try await PullFixture().pull(server, logins: logins)
        #expect(outcome.failure?.kind == .unauthorized)
        #expect(outcome.failure?.description.contains("does not accept the login") == true)
        #expect(server.requests.count == 2)
    }
}

@Test func loginIsTradedForATokenAndTheTokenRenewed() async throws {
    let (registry, _) = try FakeRegistry.withImage(layerBytes)
    let counter = Counter()
    try await ScriptedServer.run({ request in
        let host = request.headers["host"] ?? ""
        if request.target.hasPrefix("/token") {
            guard request.headers["authorization"] == "Basic dTpw" else { return .answer(401) }
            return .answer(text: #"{"access_token":"t\#(counter.next("token"))"}"#)
        }
        // The first token is good for the manifest only.
        let good = request.target.contains("/manifests/") ? "Bearer t1" : "Bearer t2"
        if request.headers["authorization"] == good { return registry.answer(request) }
        return .answer(401, [("WWW-Authenticate", #"Bearer realm="http://\#(host)/token",scope="repository:a:pull""#)])
    }) { server in
        let logins = #"{"auths":{"127.0.0.1:\#(server.port)":{"auth":"dTpw"}}}"#
        _ = try await PullFixture().pull(server, logins: logins).result.get()
        #expect(counter.next("token") == 3)
    }
}

@Test func identityTokenIsPostedForAToken() async throws {
    let (registry, _) = try FakeRegistry.withImage(layerBytes)
    try await ScriptedServer.run({ request in
        let host = request.headers["host"] ?? ""
        if request.target.hasPrefix("/token") {
            return request.method == "POST" ? .answer(text: #"{"access_token":"t"}"#) : .answer(405)
        }
        if request.headers["authorization"] == "Bearer t" { return registry.answer(request) }
        return .answer(401, [("WWW-Authenticate", #"Bearer realm="http://\#(host)/token""#)])
    }) { server in
        let logins = #"{"auths":{"127.0.0.1:\#(server.port)":{"identitytoken":"r"}}}"#
        _ = try await PullFixture().pull(server, logins: logins).result.get()
    }
}

@Test(arguments: [
    [ScriptedServer.Step].answer(text: "{}"), .answer(text: "<html>"), .answer(text: #"{"token":"a\r\nX: y"}"#),
    .answer(302, [("Location", "file:///x")]), .answer(404), .answer(200, [], [1], length: 1 << 40),
    [
        .head(200, [("Transfer-Encoding", "chunked")]),
        .endless(Array("3e8\r\n".utf8) + [UInt8](repeating: 32, count: 1000) + [13, 10]),
    ],
])
func tokenEndpointsThatLieEndThePull(answer: [ScriptedServer.Step]) async throws {
    try await ScriptedServer.run({ request in
        let host = request.headers["host"] ?? ""
        if request.target.hasPrefix("/token") { return answer }
        return .answer(401, [("WWW-Authenticate", #"Bearer realm="http://\#(host)/token""#)])
    }) { server in
        let outcome = try await PullFixture().pull(server)
        #expect([.server, .refused, .notFound].contains(outcome.failure?.kind))
        #expect(server.count("GET", "/v2/a/manifests/1") == 1)
    }
}

@Test func giganticManifestIsNotRead() async throws {
    try await withServer({ _ in .answer(200, [("Content-Type", MediaType.manifest)], [], length: 1 << 30) }) {
        outcome, _ in #expect(outcome.failure?.kind == .refused)
    }
    let piece = Array("2710\r\n".utf8) + [UInt8](repeating: 32, count: 10_000) + [13, 10]
    try await withServer({ _ in
        [.head(200, [("Content-Type", MediaType.manifest), ("Transfer-Encoding", "chunked")]), .endless(piece)]
    }) { outcome, _ in #expect(outcome.failure?.kind == .refused) }
}

@Test(arguments: [
    String(repeating: "[", count: 1_000_000), String(repeating: #"{"a":"#, count: 100_000), "", "<html>login</html>",
])
func documentsThatAreNoJSONAreRefused(text: String) async throws {
    try await withServer({ _ in .answer(200, [("Content-Type", MediaType.manifest)], Array(text.utf8)) }) {
        outcome, _ in
        #expect(outcome.failure?.kind == .server)
        #expect((outcome.failure?.description.utf8.count ?? 0) < 500)
    }
}

@Test func endlessHeadersAreRefused() async throws {
    try await withServer({ _ in
        [
            .send(Array("HTTP/1.1 200 OK\r\n".utf8)),
            .endless(Array("X-Long: \(String(repeating: "y", count: 1000))\r\n".utf8)),
        ]
    }) { outcome, _ in #expect(outcome.failure?.kind == .unreachable) }
}

@Test(arguments: [
    "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{0}\u{0}", "HTTP/9.9 999 x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
])
func whatSpeaksNoHTTPIsUnreachable(text: String) async throws {
    try await withServer({ _ in [.send(Array(text.utf8))] }) { outcome, server in
        #expect([.unreachable, .server].contains(outcome.failure?.kind))
        #expect(server.requests.count <= PullFixture.limits.attempts)
    }
}

@Test func indexesInIndexesEnd() async throws {
    var registry = FakeRegistry()
    var inner = try registry.addImage([[1]])
    for _ in 0..<10 { inner = try registry.addManifest(Index(manifests: [inner]), MediaType.index, tag: "1") }
    let served = registry
    try await withServer({ served.answer($0) }) { outcome, server in
        #expect(outcome.failure?.kind == .refused)
        #expect(server.requests.count <= PullLimits().depth + 1)
    }
}

@Test func manyManifestsThatSayNothingAreNotAllFetched() async throws {
    var registry = FakeRegistry()
    let other = Platform(os: "linux", architecture: "s390x")
    let entries = try (0..<100).map { try registry.addImage([[UInt8($0)]], platform: other) }
    _ = try registry.addManifest(Index(manifests: entries), MediaType.index, tag: "1")
    let served = registry
    try await withServer({ served.answer($0) }) { outcome, server in
        #expect(outcome.failure?.kind == .refused)
        #expect(server.requests.count < 3 * PullLimits().documents)
    }
}

@Test func manifestUnderAnotherDigestIsRefused() async throws {
    var registry = FakeRegistry()
    let manifest = try registry.addImage([[1]], tag: "1")
    let served = registry
    let other = Digest(sha256: [UInt8](repeating: 9, count: 32))
    try await ScriptedServer.run({ request in
        let target = request.target.replacing("\(other)", with: "\(manifest.digest)")
        return served.answer(.init(method: request.method, target: target, headers: request.headers))
    }) { server in
        let outcome = try await PullFixture().pull(server, "a@\(other)")
        #expect(outcome.failure?.kind == .corrupt)
    }
}

@Test func imagesWhoseConfigurationDoesNotFitAreRefused() async throws {
    var registry = FakeRegistry()
    _ = try registry.addImage([[1], [2]], tag: "1", diffIDs: 1)
    let served = registry
    try await withServer({ served.answer($0) }) { outcome, _ in #expect(outcome.failure?.kind == .unsupported) }
}

@Test func configurationsThatAreNoneAreRefused() async throws {
    for text in [
        "{}", "[]", "x", #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["../x"]}}"#,
    ] {
        var registry = FakeRegistry()
        let config = registry.addBlob(Array(text.utf8), MediaType.configuration)
        let layer = registry.addBlob([1], MediaType.layer)
        _ = try registry.addManifest(Manifest(config: config, layers: [layer]), MediaType.manifest, tag: "1")
        let served = registry
        try await withServer({ served.answer($0) }) { outcome, _ in #expect(outcome.failure?.kind == .unsupported) }
    }
}

@Test func imageThatDoesNotFitIsNotBegun() async throws {
    let fixture = try PullFixture()
    let free = try fixture.store.availableSpace()
    var limits = PullFixture.limits
    limits.image = .max / 4
    var registry = FakeRegistry()
    let configuration = ImageConfiguration(
        platform: .host, config: nil, rootfs: .init(diffIDs: [Digest(sha256: [UInt8](repeating: 1, count: 32))]))
    let config = registry.addBlob(try JSONValue.encode(configuration).bytes(), MediaType.configuration)
    var layer = registry.addBlob([1], MediaType.layer)
    layer.size = free + (1 << 40)
    _ = try registry.addManifest(Manifest(config: config, layers: [layer]), MediaType.manifest, tag: "1")
    let served = registry
    try await ScriptedServer.run({ served.answer($0) }) { server in
        let outcome = try await fixture.pull(server, limits: limits)
        #expect(outcome.failure?.kind == .noSpace)
        #expect(server.count("GET", "/v2/a/blobs/\(layer.digest)") == 0)
    }
}

/// Limits of time that a test can wait for.
private let hasty: PullLimits = {
    var limits = PullFixture.limits
    limits.attempts = 2
    limits.head = .milliseconds(300)
    limits.silence = .milliseconds(300)
    limits.documentTime = .milliseconds(300)
    limits.rateWindow = .milliseconds(100)
    return limits
}()

@Test func serversThatFallSilentAreLeft() async throws {
    try await withServer(limits: hasty, { _ in [.hang] }) { outcome, server in
        #expect(outcome.failure?.kind == .unreachable)
        #expect(outcome.retries == 1)
    }
    try await withLayer(
        { _ in [.head(200, [("Content-Length", "\(layerBytes.count)")]), .send([1]), .hang] }, limits: hasty
    ) {
        outcome, _, _ in #expect(outcome.failure?.kind == .unreachable)
    }
}

@Test func dribblesOfBytesDoNotHoldUs() async throws {
    let drip: [ScriptedServer.Step] = (0..<200).flatMap { _ in
        [ScriptedServer.Step.send([UInt8(ascii: "x")]), .pause(.milliseconds(20))]
    }
    let head = ScriptedServer.Step.send(Array("HTTP/1.1 200 OK\r\nX: ".utf8))
    try await withServer(limits: hasty, { _ in [head] + drip }) { outcome, _ in
        #expect(outcome.failure?.kind == .unreachable)
    }
    try await withServer(limits: hasty, { _ in [.head(200, [("Content-Length", "1000")])] + drip }) { outcome, _ in
        #expect(outcome.failure?.kind == .unreachable)
    }
    try await withLayer({ _ in [.head(200, [("Content-Length", "\(layerBytes.count)")])] + drip }, limits: hasty) {
        outcome, _, _ in
        #expect(outcome.failure?.kind == .unreachable)
        #expect(outcome.failure?.description.contains("too slow") == true)
    }
}

@Test func nobodyThereIsTold() async throws {
    var port = 0
    try await ScriptedServer.run({ _ in [] }) { port = $0.port }
    let transport = try Transport(Trust(), limits: PullFixture.limits, userAgent: "hull-test")
    let fixture = try PullFixture()
    let pull = ImagePull(
        .init(try Reference("127.0.0.1:\(port)/a:1")), into: fixture.store, over: transport, logins: CredentialFile()
    ) { _ in }
    let error = await #expect(throws: PullError.self) { try await pull.run() }
    #expect(error?.kind == .unreachable)
    #expect(error?.description.hasPrefix("cannot connect to 127.0.0.1:\(port): connection refused") == true)
    await transport.close()
}
