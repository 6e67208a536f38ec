import Glibc
import ImageStore
import LinuxSystem
import OCISpec
import Testing

@Test func aNameThatIsNotTheLastIsOnlyTakenAway() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("busybox")
    try fixture.store.tag("busybox", as: Reference("copy"))
    let first = try fixture.store.remove("busybox")
    #expect(first.untagged.map(\.description) == ["docker.io/library/busybox:latest"])
    #expect(first.deleted.isEmpty && first.collection.blobs.isEmpty)
    let id = try fixture.store.resolve("copy").id
    let second = try fixture.store.remove("copy")
    #expect(second.deleted == [id])
    #expect(fixture.names("images/blobs/sha256").isEmpty)
    #expect(fixture.names("layers/sha256").isEmpty && fixture.names("layers/records").isEmpty)
}

@Test func layersThatOthersUseStay() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one", layers: ["base", "one"])
    try fixture.addImage("two", layers: ["base", "two"])
    let removal = try fixture.store.remove("one")
    #expect(removal.collection.layers == [ContentHash.digest(Array("one".utf8))])
    #expect(try fixture.store.layerDirectories(fixture.store.resolve("two")).count == 2)
}

@Test func removalByIDNeedsForceForSeveralRepositories() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    try fixture.store.tag("one", as: Reference("two"))
    let id = try fixture.store.resolve("one").id
    #expect(throws: StoreError.self) { try fixture.store.remove(id.short) }
    let removal = try fixture.store.remove(id.short, force: true)
    #expect(removal.untagged.count == 2 && removal.deleted == [id])
}

@Test func aContainerKeepsItsImage() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    let image = try fixture.store.resolve("one")
    try fixture.addContainer("c1", image: image.id)
    #expect(throws: StoreError.self) { try fixture.store.remove("one") }
    // By force the name goes, but what the container's root file system is made of stays.
    let removal = try fixture.store.remove("one", force: true)
    #expect(removal.untagged.count == 1)
    #expect(removal.collection.layers.isEmpty)
    #expect(fixture.names("images/blobs/sha256") == [image.id.hex])
    try TreeRemoval.remove(fixture.store.root + "/containers")
    #expect(try fixture.store.collect().layers.count == 1)
}

@Test func aRunningContainersImageIsNotRemovedByID() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    let image = try fixture.store.resolve("one")
    try fixture.addContainer("c1", image: image.id)
    let lock = open(fixture.store.root + "/containers/c1/supervisor.lock", O_RDWR)
    #expect(flock(lock, LOCK_EX) == 0)
    #expect(throws: StoreError.self) { try fixture.store.remove(image.id.short, force: true) }
    close(lock)
    #expect(try fixture.store.remove(image.id.short, force: true).deleted == [image.id])
}

@Test func pruningTakesWhatHasNoName() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one", layers: ["old"])
    let old = try fixture.store.resolve("one").id
    try fixture.addImage("one", layers: ["new"])
    #expect(try fixture.store.images().count == 2)
    #expect(try fixture.store.prune().deleted == [old])
    #expect(try fixture.store.images().count == 1)
    #expect(try fixture.store.prune().deleted.isEmpty)
    #expect(try fixture.store.prune(all: true).deleted.count == 1)
}

@Test func nothingIsCollectedWhileContentIsAdded() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    let hold = try fixture.store.hold()
    let digest = try fixture.store.addBlob(Array("not yet referred to".utf8))
    #expect(try fixture.store.collect().isDeferred)
    _ = consume hold
    #expect(try fixture.store.collect().blobs == [digest])
}

@Test func whatACrashLeftIsSwept() throws {
    let fixture = try StoreFixture()
    try fixture.addImage("one")
    fixture.write(fixture.store.layout + "/tmp-1-abc", "half a blob")
    mkdir(fixture.store.layers + "/tmp-1-def", 0o700)
    fixture.write(fixture.store.layers + "/tmp-1-def/file", "half a layer")
    #expect(try fixture.store.resolve("one").reference != nil)
    _ = try fixture.store.collect()
    #expect(fixture.names("images").filter { $0.hasPrefix("tmp-") }.isEmpty)
    #expect(fixture.names("layers") == ["records", "sha256"])
}

@Test func deepTreesAreRemovedWithFewDescriptors() throws {
    let fixture = try StoreFixture()
    let start = open(fixture.store.root, O_RDONLY | O_DIRECTORY)
    var directory = dup(start)
    for _ in 0..<1500 {
        #expect(mkdirat(directory, "d", 0o755) == 0)
        let inner = openat(directory, "d", O_RDONLY | O_DIRECTORY)
        close(directory)
        directory = inner
    }
    close(openat(directory, "file", O_WRONLY | O_CREAT, 0o644))
    symlinkat("/etc", directory, "link")
    close(directory)
    try TreeRemoval.remove("d", at: start)
    #expect(faccessat(start, "d", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    #expect(access("/etc/passwd", F_OK) == 0)
    close(start)
}
