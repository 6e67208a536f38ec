import Glibc
import ImageStore
import OCISpec
import Testing

@Suite struct DiskTests {
    private func digest(_ text: String) -> Digest { ContentHash.digest(Array(text.utf8)) }

    /// Makes a disk of a byte.
    private func make(_ path: String, in fixture: StoreFixture) throws {
        let work = try #require(try fixture.store.makeDiskWork(path))
        #expect(write(work.descriptor, "x", 1) == 1)
        try work.place()
    }

    @Test func theDiskOfOneLayerHasItsName() throws {
        let store = try StoreFixture().store
        #expect(store.imageDisk([digest("a")]) == "\(store.disks)/sha256/\(digest("a").hex).erofs")
    }

    @Test func theDiskOfSeveralLayersHasTheirChainsName() throws {
        let store = try StoreFixture().store
        // ChainID(L0|L1) = Digest(ChainID(L0) + " " + DiffID(L1)): image-spec, config.md.
        let chain = digest("\(digest("a")) \(digest("b"))")
        #expect(store.imageDisk([digest("a"), digest("b")]) == "\(store.disks)/sha256/\(chain.hex).erofs")
        #expect(store.imageDisk([digest("a"), digest("b")]) != store.imageDisk([digest("b"), digest("a")]))
    }

    @Test func aLayerThatComesTwiceCountsOnce() throws {
        let store = try StoreFixture().store
        #expect(
            store.imageDisk([digest("a"), digest("b"), digest("a")]) == store.imageDisk([digest("b"), digest("a")]))
    }

    @Test func aLayersDirectoryTellsItsLayer() throws {
        let store = try StoreFixture().store
        #expect(store.diffID(layerDirectory: store.layerDirectory(digest("a"))) == digest("a"))
        #expect(store.diffID(layerDirectory: "/elsewhere/sha256/\(digest("a").hex)") == nil)
        #expect(store.diffID(layerDirectory: "") == nil)
    }

    @Test func aDiskIsMadeOnce() throws {
        let fixture = try StoreFixture()
        let path = fixture.store.imageDisk([digest("a")])
        try make(path, in: fixture)
        #expect(try fixture.store.makeDiskWork(path) == nil)
        #expect(fixture.names("disks/sha256") == ["\(digest("a").hex).erofs"])
    }

    @Test func aDiskThatIsNotFinishedIsRemovedAndMadeAnew() throws {
        let fixture = try StoreFixture()
        let path = fixture.store.imageDisk([digest("a")])
        do {
            let work = try #require(try fixture.store.makeDiskWork(path))
            #expect(access(work.path, F_OK) == 0)
        }
        #expect(fixture.names("disks/sha256").isEmpty)
        // What a killed process left.
        fixture.write(path + ".partial", "half")
        try make(path, in: fixture)
        #expect(fixture.names("disks/sha256") == ["\(digest("a").hex).erofs"])
    }

    @Test func aDiskGoesWithItsImage() throws {
        let fixture = try StoreFixture()
        try fixture.addImage("one", layers: ["a", "b"])
        try fixture.addImage("two", layers: ["a"])
        let one = fixture.store.imageDisk([digest("a"), digest("b")])
        let two = fixture.store.imageDisk([digest("a")])
        for path in [one, two] { try make(path, in: fixture) }
        fixture.write(two + ".partial", "of a killed process")
        let removal = try fixture.store.remove("one")
        #expect(removal.collection.bytes >= 1)
        #expect(fixture.names("disks/sha256") == ["\(digest("a").hex).erofs"])
        _ = try fixture.store.prune(all: true)
        #expect(fixture.names("disks/sha256").isEmpty)
    }

    @Test func aContainerKeepsItsDisk() throws {
        let fixture = try StoreFixture()
        try fixture.addImage("one", layers: ["a"])
        try fixture.addContainer("c1", image: fixture.store.resolve("one").id)
        try make(fixture.store.imageDisk([digest("a")]), in: fixture)
        _ = try fixture.store.remove("one", force: true)
        #expect(fixture.names("disks/sha256").count == 1)
    }

    @Test func anotherAgentHasAnotherDisk() throws {
        let fixture = try StoreFixture()
        _ = try fixture.store.hold()
        let agent = fixture.store.root + "/agent"
        fixture.write(agent, "first")
        let first = try fixture.store.agentDisk(agent: agent)
        #expect(try fixture.store.agentDisk(agent: agent) == first)
        fixture.write(agent, "the second")
        #expect(try fixture.store.agentDisk(agent: agent) != first)
        unlink(agent)
        #expect(throws: StoreError.self) { try fixture.store.agentDisk(agent: agent) }
    }

    @Test func onlyTheNewestAgentsDiskIsKept() throws {
        let fixture = try StoreFixture()
        _ = try fixture.store.hold()
        let agent = fixture.store.root + "/agent"
        var paths: [String] = []
        for (index, text) in ["1", "22", "333"].enumerated() {
            fixture.write(agent, text)
            let path = try fixture.store.agentDisk(agent: agent)
            try make(path, in: fixture)
            let times = timeval(tv_sec: 1_000_000_000 + index, tv_usec: 0)
            #expect(utimes(path, [times, times]) == 0)
            paths.append(path)
        }
        _ = try fixture.store.collect()
        #expect(paths.map { access($0, F_OK) == 0 } == [false, false, true])
    }
}
