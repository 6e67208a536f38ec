import Glibc
import ImageArchive
import ImageStore
import TarBytes
import Testing

/// Unpacks a layer and expects it to be refused with a message that contains a text.
private func expectRefusal(
    _ expected: String, _ options: UnpackOptions = UnpackOptions(), _ build: (inout TarBytes) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let scratch = Scratch()
    mkdir(scratch.path + "/layer", 0o755)
    var tar = TarBytes()
    build(&tar)
    do {
        _ = try unpackLayer(tar.finished, into: scratch.path + "/layer", options)
        Issue.record("the layer was taken", sourceLocation: sourceLocation)
    } catch {
        #expect("\(error)".contains(expected), sourceLocation: sourceLocation)
        #expect(!"\(error)".contains("\n"), sourceLocation: sourceLocation)
    }
    #expect(scratch.status("evil") == nil, sourceLocation: sourceLocation)
}

@Test func namesThatLeadOutAreRefused() {
    expectRefusal("'..'") { $0.add("../evil", Array("x".utf8)) }
    expectRefusal("'..'") { $0.add("a/../../evil", Array("x".utf8)) }
    expectRefusal("'..'") { $0.add("a/..", type: "5") }
    expectRefusal("absolute") { $0.add("/evil", Array("x".utf8)) }
}

@Test func writingThroughSymbolicLinksIsRefused() {
    expectRefusal("leads out of the layer") {
        $0.add("link", type: "2", link: "/tmp")
        $0.add("link/hull-evil", Array("x".utf8))
    }
    expectRefusal("leads out of the layer") {
        $0.add("link", type: "2", link: "..")
        $0.add("link/evil", Array("x".utf8))
    }
    expectRefusal("leads out of the layer") {
        $0.add("a", type: "5", mode: 0o755)
        $0.add("a/link", type: "2", link: "../..")
        $0.add("a/link/evil", type: "5")
    }
    expectRefusal("leads out of the layer") {
        $0.add("link", type: "2", link: "..")
        $0.add("link/.wh.evil")
    }
    expectRefusal("leads out of the layer") {
        $0.add("link", type: "2", link: "..")
        $0.add("link/.wh..wh..opq")
    }
    expectRefusal("loop") {
        $0.add("link", type: "2", link: "link")
        $0.add("link/evil", Array("x".utf8))
    }
    expectRefusal("symbolic link to nothing") {
        $0.add("link", type: "2", link: "nowhere")
        $0.add("link/evil", Array("x".utf8))
    }
}

@Test func aFileInPlaceOfALinkDoesNotFollowIt() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    let outside = Scratch()
    tar.add("link", type: "2", link: outside.path + "/evil")
    tar.add("link", Array("inside".utf8))
    tar.add("directory", type: "2", link: outside.path)
    tar.add("directory", type: "5", mode: 0o700)
    tar.add("directory/file", Array("inside".utf8))
    _ = try unpackLayer(tar.finished, into: scratch.path)
    #expect(scratch.text("link") == "inside")
    #expect(scratch.text("directory/file") == "inside")
    #expect(outside.status("evil") == nil && outside.status("file") == nil)
}

@Test func hardLinksToTheHostAreRefused() {
    expectRefusal("absolute") { $0.add("link", type: "1", link: "/etc/passwd") }
    expectRefusal("'..'") { $0.add("link", type: "1", link: "../../../etc/passwd") }
    expectRefusal("leads out of the layer") {
        $0.add("etc", type: "2", link: "/etc")
        $0.add("link", type: "1", link: "etc/passwd")
    }
    expectRefusal("not in the layer") { $0.add("link", type: "1", link: "missing") }
    expectRefusal("to itself") { $0.add("link", type: "1", link: "./link") }
}

@Test func hostileWhiteoutsAreRefused() {
    expectRefusal("whiteout") { $0.add(".wh.") }
    expectRefusal("whiteout") { $0.add(".wh..") }
    expectRefusal("whiteout") { $0.add("a/.wh...") }
    expectRefusal("whiteout") { $0.add(".wh.a/b") }
}

@Test func devicesThatNoContainerHasAreRefused() {
    expectRefusal("block device (8:0)") { $0.add("sda", type: "4", major: 8) }
    expectRefusal("character device (1:1)") { $0.add("mem", type: "3", major: 1, minor: 1) }
}

@Test func overlayAttributesAreRefused() {
    for name in ["trusted.overlay.redirect", "user.overlay.opaque"] {
        expectRefusal("overlayfs") {
            $0.addPax([("SCHILY.xattr.\(name)", Array("y".utf8))])
            $0.add("a", type: "5")
        }
    }
}

@Test func boundsHold() {
    var few = UnpackOptions()
    few.limits.entries = 3
    expectRefusal("more than 3 entries", few) { for index in 0..<4 { $0.add("f\(index)") } }
    var small = UnpackOptions()
    small.limits.bytes = 100_000
    expectRefusal("expands without bound", small) { $0.add("f", [UInt8](repeating: 0, count: 200_000)) }
    expectRefusal("longer than") {
        let name = (0..<900).map { _ in "long" }.joined(separator: "/")
        $0.addPax([("path", Array((name + "/" + name).utf8))])
        $0.add("a")
    }
    expectRefusal("too long") {
        $0.addPax([("path", [UInt8](repeating: 0x61, count: 300))])
        $0.add("a")
    }
    expectRefusal("claims") {
        $0.addPax([
            ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
            ("GNU.sparse.name", Array("huge".utf8)), ("GNU.sparse.realsize", Array("9000000000000000000".utf8)),
        ])
        $0.add("x", Array("1\n0\n1\n".utf8) + [UInt8](repeating: 0, count: 506) + [1])
    }
}

@Test func brokenArchivesAreRefused() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    tar.add("file", [UInt8](repeating: 1, count: 4000))
    for length in [100, 512, 700, 4000] {
        #expect(throws: ArchiveError.self) { try unpackLayer(Array(tar.bytes[..<length]), into: scratch.path) }
    }
    #expect(throws: ArchiveError.self) {
        try unpackLayer(Array("no tar at all, not even nearly".utf8), into: scratch.path)
    }
    var wrongSum = tar.finished
    wrongSum[0] = 0x7A
    #expect(throws: ArchiveError.self) { try unpackLayer(wrongSum, into: scratch.path) }
    for magic in [
        [UInt8](arrayLiteral: 0x1F, 0x8B, 8, 0), [0x28, 0xB5, 0x2F, 0xFD, 1], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0],
    ] {
        #expect(throws: ArchiveError.self) { try unpackLayer(magic + tar.finished, into: scratch.path) }
    }
}
