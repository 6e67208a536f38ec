import Glibc
import ImageStore
import JSON
import OCISpec
import RegistryEvents
import RegistryProtocol
import Synchronization

@testable import RegistryClient

/// Images as a registry has them, and right answers to what is asked for them.
struct FakeRegistry: Sendable {
    /// Documents by tag or digest, with their types.
    private(set) var manifests: [String: (bytes: [UInt8], type: String)] = [:]
    private(set) var blobs: [Digest: [UInt8]] = [:]

    /// Adds bytes.
    mutating func addBlob(_ bytes: [UInt8], _ type: String) -> Descriptor {
        let digest = ContentHash.digest(bytes)
        blobs[digest] = bytes
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    /// Adds a document, under a tag too if one is given.
    mutating func addManifest(_ value: some Encodable, _ type: String, tag: String? = nil) throws -> Descriptor {
        let bytes = try JSONValue.encode(value).bytes()
        let digest = ContentHash.digest(bytes)
        manifests[digest.description] = (bytes, type)
        if let tag { manifests[tag] = (bytes, type) }
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    /// Adds an image of which each layer is these bytes.
    mutating func addImage(
        _ layers: [[UInt8]], platform: Platform = .host, tag: String? = nil, diffIDs: Int? = nil
    ) throws -> Descriptor {
        let descriptors = layers.map { addBlob($0, MediaType.layerGzip) }
        let ids = (0..<(diffIDs ?? layers.count)).map { Digest(sha256: [UInt8](repeating: UInt8($0), count: 32)) }
        let configuration = ImageConfiguration(platform: platform, config: nil, rootfs: .init(diffIDs: ids))
        let config = addBlob(try JSONValue.encode(configuration).bytes(), MediaType.configuration)
        return try addManifest(Manifest(config: config, layers: descriptors), MediaType.manifest, tag: tag)
    }

    /// A registry with the image `a:1`, of one layer.
    static func withImage(_ layer: [UInt8]) throws -> (FakeRegistry, layer: Descriptor) {
        var registry = FakeRegistry()
        _ = try registry.addImage([layer], tag: "1")
        return (registry, Descriptor(mediaType: "", digest: ContentHash.digest(layer), size: Int64(layer.count)))
    }

    /// The right answer to a request, as the distribution-spec has it.
    func answer(_ request: ScriptedServer.Request) -> [ScriptedServer.Step] {
        let parts = request.target.split(separator: "/").map(String.init)
        guard parts.count == 4, parts[0] == "v2" else { return .answer(404) }
        if parts[2] == "manifests", let document = manifests[parts[3]] {
            let digest = ContentHash.digest(document.bytes)
            return .answer(
                200, [("Content-Type", document.type), ("Docker-Content-Digest", "\(digest)")],
                request.method == "HEAD" ? [] : document.bytes, length: document.bytes.count)
        }
        guard parts[2] == "blobs", let bytes = Digest(parts[3]).flatMap({ blobs[$0] }) else { return .answer(404) }
        guard let range = request.headers["range"] else { return .answer(200, [], bytes) }
        guard let start = Int(range.dropFirst("bytes=".count).dropLast()), start < bytes.count else {
            return .answer(416)
        }
        return .answer(
            206, [("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")], Array(bytes[start...]))
    }
}

/// What came of a pull.
struct PullOutcome {
    let result: Result<PulledImage, any Error>
    let events: [PullEvent]

    /// How it failed.
    var failure: PullError? {
        guard case .failure(let error) = result else { return nil }
        return error as? PullError
    }

    var retries: Int {
        events.count {
            if case .retrying = $0 { return true }
            return false
        }
    }

    var warnings: [String] {
        events.compactMap {
            if case .warning(let message) = $0 { return message }
            return nil
        }
    }
}

/// A store in a directory of its own, into which images are pulled.
final class PullFixture: Sendable {
    let store: ImageStore

    init() throws {
        var template = Array("/tmp/hull-registry-test-XXXXXX".utf8CString)
        store = try ImageStore(root: unsafe String(cString: mkdtemp(&template)))
    }

    deinit { try? TreeRemoval.remove(store.root) }

    /// Limits that end a test soon, but for those of time: all tests share a few threads, and one may have to wait long for its
    /// turn without anything being wrong.
    static let limits: PullLimits = {
        var limits = PullLimits()
        limits.connect = .seconds(600)
        limits.head = .seconds(600)
        limits.silence = .seconds(600)
        limits.documentTime = .seconds(600)
        limits.rateWindow = .seconds(600)
        limits.attempts = 3
        limits.backoff = .milliseconds(1)
        limits.longestBackoff = .milliseconds(20)
        return limits
    }()

    /// Pulls `a:1`, or another reference, from a server.
    func pull(
        _ server: ScriptedServer, _ name: String = "a:1", platform: Platform? = nil, limits: PullLimits = limits,
        logins: String = "{}", mirrors: [String] = []
    ) async throws -> PullOutcome {
        let events = Mutex<[PullEvent]>([])
        let transport = try Transport(Trust(), limits: limits, userAgent: "hull-test")
        let reference = try Reference("127.0.0.1:\(server.port)/\(name)")
        let pull = ImagePull(
            ImagePull.Request(reference, platform: platform, mirrors: mirrors), into: store, over: transport,
            logins: try CredentialFile(Array(logins.utf8))
        ) { event in events.withLock { $0.append(event) } }
        let result: Result<PulledImage, any Error>
        do {
            result = .success(try await pull.run())
        } catch {
            result = .failure(error)
        }
        await transport.close()
        return PullOutcome(result: result, events: events.withLock { $0 })
    }

    /// The images that have a name.
    var names: [String] {
        get throws { try store.images().compactMap { $0.reference?.description } }
    }
}
