import CLinux
import Dispatch
import Glibc
import ImageStore
import OCISpec
import Testing

@Test func aBlobGetsItsNameOnlyWithTheRightDigest() throws {
    let fixture = try StoreFixture()
    let bytes = Array("contents".utf8)
    let digest = ContentHash.digest(bytes)
    let wrong = ContentHash.digest([1])
    do {
        let writer = try fixture.store.makeBlobWriter(expected: wrong)
        try writer.write(bytes)
        #expect(throws: StoreError.wrongDigest(expected: wrong, found: digest)) { try writer.finish() }
    }
    do {
        let writer = try fixture.store.makeBlobWriter(expected: digest, size: 4)
        #expect(throws: StoreError.self) { try writer.write(bytes) }
    }
    do {
        let writer = try fixture.store.makeBlobWriter(expected: digest, size: 9)
        try writer.write(bytes)
        #expect(throws: StoreError.self) { try writer.finish() }
    }
    #expect(fixture.names("images/blobs/sha256").isEmpty)
    #expect(fixture.names("images") == ["blobs", "oci-layout"])
    let writer = try fixture.store.makeBlobWriter(expected: digest, size: 8)
    try writer.write(Array(bytes[..<3]))
    try writer.write(Array(bytes[3...]))
    try writer.finish()
    #expect(try fixture.store.document(digest) == bytes)
    #expect(fixture.store.hasBlob(Descriptor(mediaType: "", digest: digest, size: 8)))
    #expect(!fixture.store.hasBlob(Descriptor(mediaType: "", digest: digest, size: 9)))
}

@Test func documentsAreBounded() throws {
    let fixture = try StoreFixture()
    let digest = try fixture.store.addBlob([UInt8](repeating: 0x20, count: ImageStore.documentLimit + 1))
    #expect(throws: StoreError.self) { try fixture.store.document(digest) }
}

@Test func sha512IsKeptInItsOwnDirectory() throws {
    let fixture = try StoreFixture()
    let digest = ContentHash.digest([1, 2, 3], algorithm: "sha512")
    try fixture.store.addBlob([1, 2, 3], expected: digest)
    #expect(fixture.names("images/blobs/sha512") == [digest.hex])
    #expect(try fixture.store.document(digest) == [1, 2, 3])
}

// flock(2) keeps apart what opened the file anew, so threads show what processes would.
@Test func writersThatTagAtOnceLoseNothing() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    let store = fixture.store
    DispatchQueue.concurrentPerform(iterations: 4) { writer in
        for turn in 0..<10 { try? store.tag("one", as: Reference("name\(writer)-\(turn)")) }
    }
    #expect(try fixture.store.images().count == 41)
}

@Test func aKilledWriterLeavesAStoreThatWorks() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    for delay in [200, 1000, 3000, 7000] {
        let child = fork()
        if child == 0 {
            for turn in 0... {
                _ = try? fixture.addImage("crash\(turn % 3)", layers: ["layer \(turn)"])
                _ = try? fixture.store.remove("crash\((turn + 1) % 3)")
            }
        }
        usleep(UInt32(delay) * 10)
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        // Every image that is named is whole.
        for image in try fixture.store.images() { #expect(try !fixture.store.layerDirectories(image).isEmpty) }
        let collection = try fixture.store.collect()
        #expect(!collection.isDeferred)
        #expect(fixture.names("layers").allSatisfy { !$0.hasPrefix("tmp-") })
        #expect(fixture.names("images").allSatisfy { !$0.hasPrefix("tmp-") })
    }
    #expect(try fixture.store.resolve("one").reference != nil)
}
