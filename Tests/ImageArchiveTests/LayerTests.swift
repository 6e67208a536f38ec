import Glibc
import ImageArchive
import ImageStore
import OCISpec
import TarBytes
import Testing

@Test func filesDirectoriesAndLinksAreUnpacked() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    let user = Int(getuid())
    let group = Int(getgid())
    tar.add("./", type: "5", mode: 0o711, uid: user, gid: group, time: 5)
    tar.add("./bin/", type: "5", mode: 0o755, uid: user, gid: group, time: 1_234_567)
    tar.add("./bin/tool", Array("#!tool".utf8), mode: 0o4755, uid: user, gid: group, time: 1_111)
    tar.add("./bin/alias", type: "2", link: "tool", uid: user, gid: group, time: 2_222)
    tar.add("./bin/hard", type: "1", link: "./bin/tool", uid: user, gid: group)
    tar.add("./missing/parents/file", Array("deep".utf8), uid: user, gid: group)
    tar.add("./pipe", type: "6", mode: 0o622, uid: user, gid: group)
    let layer = try unpackLayer(tar.finished, into: scratch.path)
    #expect(layer.diffID == ContentHash.digest(tar.finished))
    #expect(layer.record == LayerRecord(size: 10, entries: 7))
    #expect(scratch.text("bin/tool") == "#!tool")
    #expect(scratch.status("bin/tool")?.st_mode == S_IFREG | 0o4755)
    #expect(scratch.status("bin/tool")?.st_mtim.tv_sec == 1_111)
    #expect(scratch.status("bin/tool")?.st_ino == scratch.status("bin/hard")?.st_ino)
    #expect(scratch.status("bin/alias")?.st_mtim.tv_sec == 2_222)
    #expect(scratch.status("bin")?.st_mtim.tv_sec == 1_234_567)
    #expect(scratch.status("")?.st_mode == S_IFDIR | 0o711)
    #expect(scratch.status("")?.st_mtim.tv_sec == 5)
    #expect(scratch.text("missing/parents/file") == "deep")
    #expect(scratch.status("pipe")?.st_mode == S_IFIFO | 0o622)
}

@Test func laterEntriesReplaceEarlierOnes() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    let user = Int(getuid())
    let group = Int(getgid())
    tar.add("a/b/c", Array("old".utf8), uid: user, gid: group)
    tar.add("a/b", Array("file".utf8), uid: user, gid: group)
    tar.add("a/b", type: "5", mode: 0o755, uid: user, gid: group)
    tar.add("a/b/d", Array("new".utf8), uid: user, gid: group)
    _ = try unpackLayer(tar.finished, into: scratch.path)
    #expect(scratch.text("a/b/d") == "new")
    #expect(scratch.status("a/b/c") == nil)
}

@Test func relativeLinksWithinTheLayerAreFollowed() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    tar.add("usr/lib/", type: "5", mode: 0o755, uid: Int(getuid()), gid: Int(getgid()))
    tar.add("lib", type: "2", link: "usr/lib", uid: Int(getuid()), gid: Int(getgid()))
    tar.add("lib/file", Array("x".utf8), uid: Int(getuid()), gid: Int(getgid()))
    _ = try unpackLayer(tar.finished, into: scratch.path)
    #expect(scratch.text("usr/lib/file") == "x")
}

@Test func namesKeepTheirBytes() throws {
    let scratch = Scratch()
    let long = (0..<40).map { "component\($0)" }.joined(separator: "/")
    var tar = TarBytes()
    tar.addPax([("path", Array("grüße/日本".utf8))])
    tar.add("x", Array("1".utf8), uid: Int(getuid()), gid: Int(getgid()))
    tar.addPax([("path", Array(long.utf8)), ("hdrcharset", Array("BINARY".utf8))])
    tar.add("x", Array("2".utf8), uid: Int(getuid()), gid: Int(getgid()))
    tar.add("././@LongLink", type: "L", Array(("gnu/" + long).utf8) + [0])
    tar.add("x", Array("3".utf8), uid: Int(getuid()), gid: Int(getgid()))
    tar.add("plain-ü", Array("4".utf8), uid: Int(getuid()), gid: Int(getgid()))
    _ = try unpackLayer(tar.finished, into: scratch.path)
    #expect(scratch.text("grüße/日本") == "1")
    #expect(scratch.text(long) == "2")
    #expect(scratch.text("gnu/" + long) == "3")
    #expect(scratch.text("plain-ü") == "4")
}

@Test func namesThatAreNoTextKeepTheirBytes() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    tar.addPax([("path", [0x66, 0xFF, 0xFE])])
    tar.add("x", Array("1".utf8), uid: Int(getuid()), gid: Int(getgid()))
    _ = try unpackLayer(tar.finished, into: scratch.path)
    let path = (scratch.path + "/f").utf8.map { CChar(bitPattern: $0) } + [-1, -2, 0]
    #expect(unsafe access(path, F_OK) == 0)
}

@Test func sparseFilesStaySparse() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    tar.addPax([
        ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
        ("GNU.sparse.name", Array("sparse".utf8)), ("GNU.sparse.realsize", Array("10000000".utf8)),
    ])
    let map = Array("2\n4096\n512\n10000000\n0\n".utf8)
    tar.add(
        "x", map + [UInt8](repeating: 0, count: 512 - map.count) + [UInt8](repeating: 7, count: 512),
        uid: Int(getuid()), gid: Int(getgid()))
    _ = try unpackLayer(tar.finished, into: scratch.path)
    let status = try #require(scratch.status("sparse"))
    #expect(status.st_size == 10_000_000)
    #expect(status.st_blocks < 100)
}

@Test func attributesAreTakenOver() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    tar.addPax([("SCHILY.xattr.user.note", Array("hello\u{0}there".utf8)), ("SCHILY.xattr.security.selinux", [1])])
    tar.add("file", uid: Int(getuid()), gid: Int(getgid()))
    _ = try unpackLayer(tar.finished, into: scratch.path)
    #expect(scratch.attribute("file", "user.note") == Array("hello\u{0}there".utf8))
}

@Test(.enabled(if: isRoot, "needs root")) func ownersCapabilitiesAndDevicesAreTakenOver() throws {
    let scratch = Scratch()
    var tar = TarBytes()
    let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    tar.addPax([("SCHILY.xattr.security.capability", capability), ("mtime", Array("12.345678901".utf8))])
    tar.add("ping", Array("x".utf8), mode: 0o755, uid: 12, gid: 34)
    tar.add("dev/null", type: "3", mode: 0o666, major: 1, minor: 3)
    _ = try unpackLayer(tar.finished, into: scratch.path)
    #expect(scratch.attribute("ping", "security.capability") == capability)
    #expect(scratch.status("ping")?.st_uid == 12 && scratch.status("ping")?.st_gid == 34)
    #expect(scratch.status("ping")?.st_mtim.tv_nsec == 345_678_901)
    #expect(scratch.status("dev/null")?.st_rdev == 0x103)
    #expect(scratch.status("dev/null")?.st_mode == S_IFCHR | 0o666)
}

@Test(.enabled(if: isRoot, "needs root")) func whiteoutsBecomeThoseOfOverlayfs() throws {
    for rootless in [false, true] {
        let scratch = Scratch()
        var tar = TarBytes()
        tar.add("a/.wh.gone")
        tar.add("b/", type: "5", mode: 0o755)
        tar.add("b/.wh..wh..opq")
        tar.add("b/file", Array("x".utf8))
        tar.add(".wh.replaced")
        tar.add("replaced/", type: "5", mode: 0o755)
        tar.add("kept", Array("kept".utf8))
        tar.add(".wh.kept")
        tar.add(".wh..wh.plnk")
        var options = UnpackOptions()
        options.userExtendedAttributes = rootless
        _ = try unpackLayer(tar.finished, into: scratch.path, options)
        let gone = try #require(scratch.status("a/gone"))
        #expect(gone.st_mode & S_IFMT == S_IFCHR && gone.st_rdev == 0)
        let name = rootless ? "user.overlay.opaque" : "trusted.overlay.opaque"
        #expect(scratch.attribute("b", name) == Array("y".utf8))
        #expect(scratch.attribute("replaced", name) == Array("y".utf8))
        #expect(scratch.text("kept") == "kept")
        #expect(scratch.status(".wh..wh.plnk") == nil)
    }
}

@Test func anEmptyLayerIsOne() throws {
    let scratch = Scratch()
    _ = try unpackLayer([UInt8](repeating: 0, count: 1024), into: scratch.path)
    _ = try unpackLayer([], into: scratch.path)
}
