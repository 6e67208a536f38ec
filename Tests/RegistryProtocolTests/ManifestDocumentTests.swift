import OCISpec
import Testing

@testable import RegistryProtocol

private let digest = "sha256:" + String(repeating: "a", count: 64)
private let descriptor = #"{"mediaType":"\#(MediaType.configuration)","digest":"\#(digest)","size":3}"#

private func read(_ text: String, _ type: String?) throws -> (document: ManifestDocument, mediaType: String) {
    try ManifestDocument.read(Array(text.utf8), contentType: type, what: "it")
}

@Test(arguments: [
    (nil, MediaType.manifest), ("application/json", MediaType.manifest), ("text/html", MediaType.manifest),
    (MediaType.dockerManifest, MediaType.dockerManifest),
    ("\(MediaType.dockerManifest); charset=utf-8", MediaType.dockerManifest),
])
func manifestWithoutTypeTakesTheServers(served: String?, type: String) throws {
    let result = try read(#"{"schemaVersion":2,"config":\#(descriptor),"layers":[]}"#, served)
    #expect(result.mediaType == type)
    guard case .manifest = result.document else { return #expect(Bool(false), "it is a manifest") }
}

@Test func statedTypeCounts() throws {
    let text = #"{"schemaVersion":2,"mediaType":"\#(MediaType.dockerList)","manifests":[]}"#
    #expect(try read(text, "application/octet-stream").mediaType == MediaType.dockerList)
}

@Test(arguments: [
    #"{"schemaVersion":2,"config":\#(descriptor),"layers":[],"manifests":[]}"#,
    #"{"schemaVersion":2}"#,
    #"{"schemaVersion":3,"config":\#(descriptor),"layers":[]}"#,
    #"{"config":\#(descriptor),"layers":[]}"#,
    #"{"schemaVersion":2,"mediaType":"\#(MediaType.index)","config":\#(descriptor),"layers":[]}"#,
    #"{"schemaVersion":2,"mediaType":"application/x","config":\#(descriptor),"layers":[]}"#,
    #"{"schemaVersion":2,"config":{},"layers":[]}"#,
    #"{"schemaVersion":2,"config":\#(descriptor),"layers":[{"mediaType":"x","digest":"sha256:../../x","size":1}]}"#,
    #"{"schemaVersion":2,"manifests":{}}"#,
])
func ambiguousDocumentsAreRefused(text: String) {
    let error = #expect(throws: PullError.self) { try read(text, nil) }
    #expect(error?.kind == .unsupported)
}

@Test func serverCannotCallAnIndexAManifest() {
    let error = #expect(throws: PullError.self) {
        try read(#"{"schemaVersion":2,"manifests":[]}"#, MediaType.manifest)
    }
    #expect(error?.kind == .unsupported)
}

@Test(arguments: [
    (#"{"schemaVersion":1,"fsLayers":[]}"#, "application/json"),
    (#"{"schemaVersion":2,"config":{}}"#, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
])
func firstSchemaIsRefusedClearly(text: String, type: String) {
    let error = #expect(throws: PullError.self) { try read(text, type) }
    #expect(error?.description.contains("schema version 1") == true)
}

@Test(arguments: ["", "<html>", String(repeating: "[", count: 1_000_000), #"{"a":"#, "\u{0}"])
func whatIsNoJSONIsRefused(text: String) {
    let error = #expect(throws: PullError.self) { try read(text, MediaType.manifest) }
    #expect(error?.kind == .server)
}

private func blob(_ type: String, size: Int64) -> Descriptor {
    Descriptor(mediaType: type, digest: Digest(sha256: [UInt8](repeating: 1, count: 32)), size: size)
}

@Test func manifestsThatAreNoImagesAreRefused() throws {
    let limits = PullLimits()
    let configuration = blob(MediaType.configuration, size: 10)
    try Manifest(config: configuration, layers: [blob(MediaType.layerZstd, size: 0)]).check(limits, what: "it")
    func kind(_ manifest: Manifest) -> PullError.Kind? {
        #expect(throws: PullError.self) { try manifest.check(limits, what: "it") }?.kind
    }
    #expect(
        kind(Manifest(config: blob("application/vnd.cncf.helm.config.v1+json", size: 1), layers: [])) == .unsupported)
    #expect(kind(Manifest(config: configuration, layers: [blob("application/wasm", size: 1)])) == .unsupported)
    #expect(kind(Manifest(config: blob(MediaType.configuration, size: -1), layers: [])) == .refused)
    #expect(kind(Manifest(config: blob(MediaType.configuration, size: 5 << 20), layers: [])) == .refused)
    #expect(kind(Manifest(config: configuration, layers: [blob(MediaType.layer, size: -1)])) == .refused)
    let huge = [Descriptor](repeating: blob(MediaType.layer, size: .max), count: 2)
    #expect(kind(Manifest(config: configuration, layers: huge)) == .refused)
    let many = [Descriptor](repeating: blob(MediaType.layer, size: 1), count: 1025)
    #expect(kind(Manifest(config: configuration, layers: many)) == .refused)
}

private func entry(_ text: String?, _ number: UInt8, type: String = MediaType.manifest) -> Descriptor {
    Descriptor(
        mediaType: type, digest: Digest(sha256: [UInt8](repeating: number, count: 32)), size: 1,
        platform: text.flatMap { Platform($0) })
}

private func chosen(_ wanted: Platform, _ entries: Descriptor...) -> [UInt8] {
    Index(manifests: entries).candidates(for: wanted).map { descriptor in
        entries.firstIndex(of: descriptor).map { UInt8($0) } ?? 255
    }
}

@Test func platformIsChosenWithItsVariant() throws {
    let v6 = entry("linux/arm/v6", 1)
    let v7 = entry("linux/arm/v7", 2)
    let arm64 = entry("linux/arm64", 3)
    #expect(chosen(try #require(Platform("linux/arm/v7")), v6, v7, arm64) == [1])
    #expect(chosen(try #require(Platform("linux/arm")), v6, v7, arm64) == [1, 0])
    #expect(chosen(try #require(Platform("linux/arm64/v8")), v6, v7, arm64) == [2])
    #expect(chosen(try #require(Platform("linux/riscv64")), v6, v7, arm64) == [])
}

@Test func hostTakesTheBaselineBeforeNewerVariants() {
    #expect(chosen(.host, entry("linux/amd64/v3", 1), entry("linux/amd64", 2)) == [1, 0])
}

@Test func nestedIndexesAndSilentManifestsComeLast() {
    #expect(
        chosen(
            .host, entry(nil, 1), entry(nil, 2, type: MediaType.index), entry("unknown/unknown", 3),
            entry("linux/amd64", 4), entry(nil, 5, type: "application/x"))
            == [3, 1, 0])
}
