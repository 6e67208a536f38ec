import ImageStore
import OCISpec
import Testing

@Test func anImageIsFoundByNameDigestAndID() throws {
    let fixture = try StoreFixture()
    let manifest = try fixture.addImage("busybox", layers: ["a", "b", "a"])
    let image = try fixture.store.resolve("busybox")
    #expect(image.reference?.description == "docker.io/library/busybox:latest")
    #expect(image.manifestDescriptor.digest == manifest.digest)
    for name in [
        "docker.io/library/busybox:latest", "library/busybox", image.id.description, String(image.id.hex.prefix(12)),
        image.id.hex, manifest.digest.description, "busybox@\(manifest.digest)", "busybox:1@\(manifest.digest)",
    ] {
        #expect(try fixture.store.resolve(name).id == image.id, "\(name)")
    }
    // The topmost first, and each directory once.
    #expect(try fixture.store.layerDirectories(image).count == 2)
    #expect(try fixture.store.layerDirectories(image).first == fixture.store.layerDirectory(ContentHash.digest([0x61])))
}

@Test func whatIsNotThereIsSaid() throws {
    let fixture = try StoreFixture()
    #expect(throws: StoreError.noSuchImage("busybox")) { try fixture.store.resolve("busybox") }
    #expect(try fixture.store.images().isEmpty)
    try fixture.addImage("busybox", unpacked: false)
    #expect(throws: StoreError.noSuchImage("other")) { try fixture.store.resolve("other") }
    #expect(throws: StoreError.self) { try fixture.store.resolve("Not A Name") }
    #expect(throws: StoreError.self) {
        try fixture.store.resolve("busybox@sha256:" + String(repeating: "0", count: 64))
    }
    let image = try fixture.store.resolve("busybox")
    #expect(throws: StoreError.self) { try fixture.store.layerDirectories(image) }
    #expect(throws: StoreError.self) { try fixture.store.resolve("busybox", platform: Platform("linux/arm64")) }
    #expect(throws: StoreError.self) { try ImageStore(root: "relative") }
}

@Test func aPlatformIsTakenOutOfAnIndex() throws {
    let fixture = try StoreFixture()
    let arm = Platform(os: "linux", architecture: "arm64", variant: "v8")
    var first = try fixture.addImage(nil, layers: ["arm"], platform: arm)
    var second = try fixture.addImage(nil, layers: ["amd"])
    first.platform = arm
    second.platform = .host
    let absent = Descriptor(
        mediaType: MediaType.manifest, digest: ContentHash.digest([1]), size: 1,
        platform: Platform(os: "linux", architecture: "s390x"))
    let index = try fixture.add(Index(manifests: [absent, first, second]), MediaType.index)
    try fixture.store.setReference(Reference("multi"), to: index)
    #expect(try fixture.store.resolve("multi").platform == .host)
    #expect(try fixture.store.resolve("multi", platform: Platform("arm64")).platform == arm)
    #expect(try fixture.store.resolve("multi").target == index)
    #expect(throws: StoreError.self) { try fixture.store.resolve("multi", platform: Platform("s390x")) }
    #expect(try fixture.store.images().count == 2)
    // All that the index names stays when unused content is collected.
    let collection = try fixture.store.collect()
    #expect(collection.blobs.isEmpty && collection.layers.isEmpty && !collection.isDeferred)
}

@Test func brokenDocumentsAreErrors() throws {
    let fixture = try StoreFixture()
    let manifest = try fixture.addImage("busybox")
    fixture.write(fixture.store.blobPath(manifest.digest), "{}")
    #expect(throws: StoreError.self) { try fixture.store.resolve("busybox") }
    fixture.write(fixture.store.layout + "/index.json", "{\"schemaVersion\":2,")
    #expect(throws: StoreError.self) { try fixture.store.resolve("busybox") }
}
