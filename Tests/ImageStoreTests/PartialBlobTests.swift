import Glibc
import ImageStore
import OCISpec
import Testing

private let bytes = Array("some contents".utf8)
private let descriptor = Descriptor(
    mediaType: MediaType.layer, digest: ContentHash.digest(bytes), size: Int64(bytes.count))

extension PartialBlob {
    fileprivate func write(_ bytes: some Sequence<UInt8>) throws {
        try Array(bytes).withUnsafeBytes { try write($0) }
    }
}

@Test func partialBlobIsGoneOnWithByWhoComesNext() throws {
    let fixture = try StoreFixture()
    do {
        let first = try #require(try fixture.store.openPartialBlob(descriptor))
        #expect(!first.isResumed)
        try first.write(bytes[..<5])
        #expect(try fixture.store.openPartialBlob(descriptor) == nil, "one at a time")
    }
    #expect(!fixture.store.hasBlob(descriptor))
    let second = try #require(try fixture.store.openPartialBlob(descriptor))
    #expect(second.count == 5)
    #expect(second.isResumed)
    try second.write(bytes[5...])
    try second.finish()
    #expect(fixture.store.hasBlob(descriptor))
    #expect(fixture.names("images").filter { $0.hasPrefix("partial-") }.isEmpty)
}

@Test func wrongBytesOfAPartialBlobAreForgotten() throws {
    let fixture = try StoreFixture()
    let blob = try #require(try fixture.store.openPartialBlob(descriptor))
    try blob.write(bytes.reversed())
    #expect(throws: StoreError.self) { try blob.finish() }
    #expect(blob.count == 0)
    try blob.write(bytes[..<5])
    #expect(throws: StoreError.self) { try blob.finish() }
    #expect(throws: StoreError.self, "more than announced") { try blob.write(bytes) }
    #expect(blob.count == 5)
    try blob.restart()
    try blob.write(bytes)
    try blob.finish()
    #expect(try fixture.store.document(descriptor.digest) == bytes)
}

@Test func partialBlobThatIsTooLongStartsAgain() throws {
    let fixture = try StoreFixture()
    do {
        let blob = try #require(
            try fixture.store.openPartialBlob(Descriptor(mediaType: "", digest: descriptor.digest, size: 1000)))
        try blob.write([UInt8](repeating: 1, count: 500))
    }
    #expect(try fixture.store.openPartialBlob(descriptor)?.count == 0)
}

@Test func partialBlobsAreKeptForADay() throws {
    let fixture = try StoreFixture()
    do {
        let blob = try #require(try fixture.store.openPartialBlob(descriptor))
        try blob.write(bytes[..<5])
    }
    _ = try fixture.store.collect()
    let name = try #require(fixture.names("images").first { $0.hasPrefix("partial-") })
    let path = fixture.store.root + "/images/" + name
    var times = [timeval(tv_sec: time(nil) - 90_000, tv_usec: 0), timeval(tv_sec: time(nil) - 90_000, tv_usec: 0)]
    #expect(utimes(path, &times) == 0)
    _ = try fixture.store.collect()
    #expect(access(path, F_OK) != 0)
}
