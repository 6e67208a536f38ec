import Glibc
import ImageStore
import OCISpec
import RegistryEvents
import RegistryProtocol
import Testing

@testable import RegistryClient

private let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

/// The first byte that a request asks for. Of what was sent before a connection was cut, some may not have arrived.
private func rangeStart(_ request: ScriptedServer.Request) -> Int {
    request.headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
}

@Test func imageArrivesOnceAndIsThenUpToDate() async throws {
    var registry = FakeRegistry()
    let manifest = try registry.addImage([large, [1], [1], []], tag: "1")
    let served = registry
    try await ScriptedServer.run({ served.answer($0) }) { server in
        let fixture = try PullFixture()
        let image = try await fixture.pull(server).result.get()
        #expect(image.target == manifest)
        #expect(image.manifest == manifest)
        #expect(!image.isUpToDate)
        let stored = try fixture.store.resolve("127.0.0.1:\(server.port)/a:1")
        #expect(stored.manifest.layers.allSatisfy(fixture.store.hasBlob))
        let gets = server.requests.count { $0.method == "GET" }
        #expect(gets == 4, "a manifest, a configuration, two layers: there is nothing to fetch of an empty one")

        let again = try await fixture.pull(server)
        #expect(try again.result.get().isUpToDate)
        #expect(server.requests.count { $0.method == "GET" } == gets, "nothing is fetched")
        let asked = server.requests.count
        let byDigest = try await fixture.pull(server, "a@\(manifest.digest)")
        #expect(try byDigest.result.get().isUpToDate)
        #expect(server.requests.count == asked, "a digest that is here is not asked for")
    }
}

@Test func tagThatMovedBringsOnlyWhatIsNew() async throws {
    var registry = FakeRegistry()
    _ = try registry.addImage([large], tag: "1")
    var moved = registry
    let newer = try moved.addImage([large, [7]], tag: "1")
    let (before, after) = (registry, moved)
    let fixture = try PullFixture()
    try await ScriptedServer.run({ before.answer($0) }) { server in
        _ = try await fixture.pull(server).result.get()
        try fixture.store.tag("127.0.0.1:\(server.port)/a:1", as: Reference("kept:1"))
    }
    try await ScriptedServer.run({ after.answer($0) }) { server in
        let outcome = try await fixture.pull(server)
        #expect(try outcome.result.get().target == newer)
        #expect(server.count("GET", "/v2/a/blobs/\(ContentHash.digest(large))") == 0)
        #expect(server.count("GET", "/v2/a/blobs/\(ContentHash.digest([7]))") == 1)
    }
}

@Test func platformIsTakenOutOfAnIndex() async throws {
    var registry = FakeRegistry()
    var entries: [Descriptor] = []
    for (number, text) in ["linux/arm64/v8", "linux/amd64", "linux/arm/v7"].enumerated() {
        let platform = try #require(Platform(text))
        var entry = try registry.addImage([[UInt8(number)]], platform: platform)
        entry.platform = platform
        entries.append(entry)
    }
    let target = try registry.addManifest(Index(manifests: entries), MediaType.index, tag: "1")
    let served = registry
    try await ScriptedServer.run({ served.answer($0) }) { server in
        let fixture = try PullFixture()
        let image = try await fixture.pull(server).result.get()
        #expect(image.target == target)
        #expect(image.manifest.digest == entries[1].digest)
        #expect(server.count("GET", "/v2/a/blobs/\(ContentHash.digest([0]))") == 0)
        let arm = try await fixture.pull(server, platform: Platform("linux/arm64")).result.get()
        #expect(arm.manifest.digest == entries[0].digest)
        #expect(!arm.isUpToDate || arm.target == target)
        let none = try await fixture.pull(server, platform: Platform("linux/riscv64"))
        #expect(none.failure?.kind == .wrongPlatform)
        #expect(none.failure?.description.contains("only for linux/amd64, linux/arm/v7, linux/arm64/v8") == true)
    }
}

@Test func imageOfAnotherPlatformIsTakenWithAWarningButNotWhereOneWasAskedFor() async throws {
    var registry = FakeRegistry()
    _ = try registry.addImage([[1]], platform: Platform(os: "linux", architecture: "arm64"), tag: "1")
    let served = registry
    try await ScriptedServer.run({ served.answer($0) }) { server in
        let fixture = try PullFixture()
        let refused = try await fixture.pull(server, platform: .host)
        #expect(refused.failure?.kind == .wrongPlatform)
        #expect(try fixture.names.isEmpty)
        let taken = try await fixture.pull(server)
        _ = try taken.result.get()
        #expect(taken.warnings.count == 1)
    }
}

@Test func layerGoesOnWhereItsConnectionWasCut() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let target = "/v2/a/blobs/\(layer.digest)"
    try await ScriptedServer.run({ request in
        guard request.target == target, request.headers["range"] == nil else { return registry.answer(request) }
        return .answer(200, [], Array(large[..<100_000]), length: large.count)
    }) { server in
        let outcome = try await PullFixture().pull(server)
        _ = try outcome.result.get()
        #expect(outcome.retries == 1)
        let ranges = server.requests.filter { $0.target == target }.map(rangeStart)
        #expect(ranges.count == 2)
        #expect((1...100_000).contains(ranges.last ?? 0))
    }
}

@Test func laterPullGoesOnWithWhatAnEarlierOneBrought() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let target = "/v2/a/blobs/\(layer.digest)"
    let fixture = try PullFixture()
    try await ScriptedServer.run({ request in
        guard request.target == target else { return registry.answer(request) }
        // It brings something once, and then nothing more.
        return request.headers["range"] == nil ? .answer(200, [], Array(large[..<100_000]), length: large.count) : []
    }) { server in
        let outcome = try await fixture.pull(server)
        #expect(outcome.failure?.kind == .unreachable)
        #expect(try fixture.names.isEmpty)
    }
    try await ScriptedServer.run({ registry.answer($0) }) { server in
        _ = try await fixture.pull(server).result.get()
        #expect((1...100_000).contains(server.requests.last.map(rangeStart) ?? 0))
    }
}

@Test func serverWithoutRangesStartsAgain() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let target = "/v2/a/blobs/\(layer.digest)"
    try await ScriptedServer.run({ request in
        guard request.target == target else { return registry.answer(request) }
        if request.headers["range"] == nil { return .answer(200, [], Array(large[..<100_000]), length: large.count) }
        return .answer(200, [], large)
    }) { server in
        _ = try await PullFixture().pull(server).result.get()
        #expect(server.count("GET", target) == 2)
    }
}

@Test func otherRangesThanAskedForAreNotTaken() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let target = "/v2/a/blobs/\(layer.digest)"
    let fixture = try PullFixture()
    try await ScriptedServer.run({ request in
        guard request.target == target else { return registry.answer(request) }
        if request.headers["range"] == nil { return .answer(200, [], Array(large[..<100_000]), length: large.count) }
        return .answer(206, [("Content-Range", "bytes 5-9/\(large.count)")], Array(large[5..<10]))
    }) { server in
        let outcome = try await fixture.pull(server)
        #expect(outcome.failure != nil)
    }
    try await ScriptedServer.run({ registry.answer($0) }) { server in
        _ = try await fixture.pull(server).result.get()
    }
}

@Test func damagedPartialBlobIsFetchedAnew() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let fixture = try PullFixture()
    do {
        let partial = try #require(try fixture.store.openPartialBlob(layer))
        try [UInt8](repeating: 0, count: 1000).withUnsafeBytes { try partial.write($0) }
    }
    try await ScriptedServer.run({ registry.answer($0) }) { server in
        let outcome = try await fixture.pull(server)
        _ = try outcome.result.get()
        #expect(outcome.retries == 1)
    }
}

@Test(arguments: [429, 500, 502, 503, 504, 408])
func passingFailuresAreRepeated(status: Int) async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let counter = Counter()
    try await ScriptedServer.run({ request in
        // Each of the three documents fails once.
        counter.next(request.target) == 1
            ? .answer(status, [("Retry-After", "0")], text: "{}") : registry.answer(request)
    }) { server in
        let outcome = try await PullFixture().pull(server)
        _ = try outcome.result.get()
        #expect(outcome.retries == 3)
        #expect(server.count("GET", "/v2/a/blobs/\(layer.digest)") == 2)
    }
}

@Test func failuresThatStayEndThePull() async throws {
    try await ScriptedServer.run({ _ in .answer(429) }) { server in
        let outcome = try await PullFixture().pull(server)
        #expect(outcome.failure?.kind == .rateLimited)
        #expect(server.requests.count == PullFixture.limits.attempts)
    }
}

@Test func whatIsNotThereIsNotAskedForAgain() async throws {
    try await ScriptedServer.run({ _ in
        .answer(404, text: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"\u001b[31mno\nsuch"}]}"#)
    }) { server in
        let failure = try await PullFixture().pull(server).failure
        #expect(failure?.kind == .notFound)
        #expect(failure?.description.contains("MANIFEST_UNKNOWN:  [31mno such") == true)
        #expect(server.requests.count == 1)
    }
}

@Test func mirrorIsAskedFirstAndTheRegistryForWhatItLacks() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let target = "/v2/a/blobs/\(layer.digest)"
    try await ScriptedServer.run({ registry.answer($0) }) { server in
        try await ScriptedServer.run({ $0.target == target ? .answer(404) : registry.answer($0) }) { mirror in
            let address = "http://127.0.0.1:\(mirror.port)"
            _ = try await PullFixture().pull(server, mirrors: [address]).result.get()
            #expect(mirror.count("GET", "/v2/a/manifests/1") == 1)
            #expect(server.count("GET", "/v2/a/manifests/1") == 0)
            #expect(server.count("GET", target) == 1)
        }
        try await ScriptedServer.run({ _ in .answer(500) }) { broken in
            let outcome = try await PullFixture().pull(server, mirrors: ["http://127.0.0.1:\(broken.port)"])
            _ = try outcome.result.get()
            #expect(outcome.warnings.count == 1)
        }
    }
}

@Test func twoPullsAtOnceFetchEachLayerOnce() async throws {
    let (registry, layer) = try FakeRegistry.withImage(large)
    let target = "/v2/a/blobs/\(layer.digest)"
    try await ScriptedServer.run({ request in
        guard request.target == target else { return registry.answer(request) }
        return [
            .head(200, [("Content-Length", "\(large.count)")]), .send(Array(large[..<1000])),
            .pause(.milliseconds(300)),
            .send(Array(large[1000...])),
        ]
    }) { server in
        let fixture = try PullFixture()
        async let first = fixture.pull(server)
        async let second = fixture.pull(server)
        _ = try await (first.result.get(), second.result.get())
        #expect(server.count("GET", target) == 1)
    }
}
