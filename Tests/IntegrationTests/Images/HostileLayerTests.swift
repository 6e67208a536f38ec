import Glibc
import ImageStore
import OCISpec
import TarBytes
import Testing

/// Loads an archive that must be refused with one line, after which nothing of it is left.
private func expectRefusal(
    _ text: String, _ archive: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) throws {
    try withHull(busybox: false, sourceLocation: sourceLocation) { hull in
        let outcome = try hull.run("load", input: archive)
        #expect(outcome.status == 1, "\(outcome)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(text), "\(outcome)", sourceLocation: sourceLocation)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)", sourceLocation: sourceLocation)
        #expect(outcome.outputBytes.isEmpty, "\(outcome)", sourceLocation: sourceLocation)
        #expect(try hull.expect("images", "-q").isEmpty, sourceLocation: sourceLocation)
        // What came before the fault is unreachable and goes with the next sweep.
        try hull.expect("image", "prune", "-f")
        let left = try tool("find", hull.root, "-path", "*/blobs/*/*", "-o", "-path", "*/layers/sha256/*").output
        #expect(left.isEmpty, "left: \(left)", sourceLocation: sourceLocation)
        #expect(HostSnapshot.names(hull.directory).sorted() == ["home", "root"], sourceLocation: sourceLocation)
    }
}

@Suite struct HostileLayerTests {
    @Test func namesThatLeadOutAreRefused() throws {
        try expectRefusal("..", HostileImage.archive { $0.add("../evil", [1]) })
        try expectRefusal("absolute", HostileImage.archive { $0.add("/tmp/hull-evil", [1]) })
    }

    @Test func aLinkIsNotFollowedOut() throws {
        try expectRefusal(
            "leads out",
            HostileImage.archive {
                $0.add("link", type: "2", link: "/tmp")
                $0.add("link/hull-evil", [1])
            })
    }

    @Test func aHardLinkToTheHostIsRefused() throws {
        try expectRefusal(
            "hard link", HostileImage.archive { $0.add("passwd", type: "1", link: "../../../../etc/passwd") })
        try expectRefusal("hard link", HostileImage.archive { $0.add("passwd", type: "1", link: "/etc/passwd") })
    }

    @Test func aDeviceOfTheHostIsRefused() throws {
        try expectRefusal(
            "device", HostileImage.archive { $0.add("disk", type: "4", mode: 0o666, major: 254, minor: 0) })
        try expectRefusal("device", HostileImage.archive { $0.add("mem", type: "3", mode: 0o666, major: 1, minor: 1) })
    }

    @Test func aLayerWithAnotherDigestIsRefused() throws {
        var layer = TarBytes()
        layer.add("file", [1])
        let other = ContentHash.digest([UInt8]("other".utf8))
        try expectRefusal("digest", HostileImage.archive(layer: layer.finished, diffID: other))
    }

    @Test func aTruncatedLayerIsRefused() throws {
        var layer = TarBytes()
        layer.add("file", [UInt8](repeating: 1, count: 100_000))
        try expectRefusal("truncated", HostileImage.archive(layer: Array(layer.bytes.prefix(50_000))))
        let whole = HostileImage.archive(layer: layer.finished)
        try expectRefusal("truncated", Array(whole.prefix(60_000)))
    }

    @Test func aLayerThatExpandsWithoutBoundIsRefused() throws {
        // A file of 1.5 GiB whose zeros are one gzip member again and again.
        var header = TarBytes()
        header.add("zeros", size: 24 << 26)
        let start = try tool("gzip", "-c", input: header.bytes).outputBytes
        let zeros = try tool("sh", "-c", "head -c 67108864 /dev/zero | gzip -9").outputBytes
        let bomb = start + (0..<24).flatMap { _ in zeros }
        try expectRefusal("expands without bound", HostileImage.archive(layer: bomb, diffID: ContentHash.digest([1])))
    }

    @Test func nonsenseIsRefused() throws {
        try expectRefusal("malformed", [])
        try expectRefusal("malformed", Array("neither a tar nor anything else".utf8))
        try expectRefusal("malformed", HostileImage.archive(layer: [UInt8](repeating: 0x41, count: 4096)))
    }
}
