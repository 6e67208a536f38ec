import CLinux
import Glibc
import ImageStore
import JSON
import OCISpec
import TarBytes
import Testing

extension Hull {
    /// The words with which hull-image begins, as this Hull would start it.
    private var imageProgram: [String] {
        let hull = program[program.count - 1]
        return program.dropLast() + [hull + "-image", "--store", root]
    }

    /// Runs hull-image.
    func image(_ arguments: [String]) throws -> Outcome {
        try Child(imageProgram + arguments, environment: environment).finish(seconds: 60)
    }

    /// Starts hull-image.
    func startImage(_ arguments: [String]) throws -> Child {
        try Child(imageProgram + arguments, environment: environment)
    }

    /// The layers of an image, lowest first.
    func layers(_ name: String) throws -> [String] {
        let layers = try run("image", "inspect", name).json().arrayValue?.first?["RootFS"]?["Layers"]
        return layers?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// Makes the disk of an image, and gives a closure the path at which it is mounted.
    func withDisk(_ name: String, _ body: (String) throws -> Void) throws {
        let outcome = try image(["disk"] + layers(name))
        try #require(outcome.status == 0 && outcome.errorBytes.isEmpty, "\(outcome)")
        let place = directory + "/mounted"
        mkdir(place, 0o755)
        try tool("fsck.erofs", outcome.output)
        try tool("mount", "-t", "erofs", "-o", "ro,loop", outcome.output, place)
        defer { _ = try? tool("umount", place) }
        try body(place)
    }
}

/// What a file of a disk is.
private func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
}

private func attribute(_ path: String, _ name: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = lgetxattr(path, name, &bytes, bytes.count)
    return count < 0 ? nil : Array(bytes[..<count])
}

/// `cap_net_raw+ep` in the second revision of the attribute (linux/capability.h, struct vfs_cap_data).
private let rawCapability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)

/// An image of two layers, of which the upper one hides much of the lower one.
private func makeImage() -> [UInt8] {
    var lower = TarBytes()
    lower.add("etc/", type: "5", mode: 0o750, time: 1_111)
    lower.addPax([("SCHILY.xattr.user.note", Array("hello".utf8)), ("mtime", Array("12.345678901".utf8))])
    lower.add("etc/kept", Array("kept".utf8), uid: 7, gid: 8)
    lower.add("etc/linked", type: "1", link: "etc/kept")
    lower.add("etc/hidden", Array("hidden".utf8))
    lower.add("etc/replaced", Array("old".utf8), mode: 0o600)
    lower.add("opaque/", type: "5", mode: 0o755)
    lower.add("opaque/below", Array("below".utf8))
    lower.addPax([("SCHILY.xattr.security.capability", rawCapability)])
    lower.add("bin/capable", Array("#!".utf8), mode: 0o755)
    lower.add("bin/setuid", Array("#!".utf8), mode: 0o4755)
    lower.add("bin/link", type: "2", link: "/etc/kept")
    lower.add("pipe", type: "6", mode: 0o622)
    // In the lowest layer there is nothing to hide.
    lower.add("etc/.wh.nothing")
    var upper = TarBytes()
    upper.add("etc/", type: "5", mode: 0o755, time: 2_222)
    upper.add("etc/.wh.hidden")
    upper.add("etc/replaced", Array("new".utf8), mode: 0o640, time: 3_333)
    upper.add("opaque/", type: "5", mode: 0o755)
    upper.add("opaque/.wh..wh..opq")
    upper.add("opaque/above", Array("above".utf8))
    return HostileImage.archive(layers: [lower.finished, upper.finished], name: "layered:latest")
}

/// The disk of an image has what a container of it would see.
///
/// - Parameter hasOwners: whether files have the owners that the image gives them.
func expectDiskOfLayers(_ hull: Hull, hasOwners: Bool = true) throws {
    let loaded = try hull.run("load", input: makeImage())
    try #require(loaded.status == 0, "\(loaded)")
    try hull.withDisk("layered") { root in
        #expect(HostSnapshot.names(root + "/etc").sorted() == ["kept", "linked", "replaced"])
        #expect(HostSnapshot.names(root + "/opaque") == ["above"])
        #expect(HostSnapshot.text(root + "/etc/replaced") == "new")
        #expect(status(root + "/etc/replaced")?.st_mode == S_IFREG | 0o640)
        #expect(status(root + "/etc/replaced")?.st_mtim.tv_sec == 3_333)
        #expect(status(root + "/etc")?.st_mode == S_IFDIR | 0o755)
        #expect(status(root + "/etc")?.st_mtim.tv_sec == 2_222)
        let kept = try #require(status(root + "/etc/kept"))
        #expect(kept.st_mtim.tv_sec == 12 && kept.st_mtim.tv_nsec == 345_678_901)
        #expect(kept.st_ino == status(root + "/etc/linked")?.st_ino && kept.st_nlink == 2)
        #expect(kept.st_uid == (hasOwners ? 7 : 0) && kept.st_gid == (hasOwners ? 8 : 0))
        #expect(attribute(root + "/etc/kept", "user.note") == Array("hello".utf8))
        #expect(attribute(root + "/bin/capable", "security.capability") == rawCapability)
        #expect(status(root + "/bin/setuid")?.st_mode == S_IFREG | 0o4755)
        #expect(status(root + "/bin/link")?.st_mode == S_IFLNK | 0o777)
        #expect(status(root + "/pipe")?.st_mode == S_IFIFO | 0o622)
        #expect(attribute(root + "/opaque", "trusted.overlay.opaque") == nil)
        #expect(attribute(root + "/opaque", "user.overlay.opaque") == nil)
    }
    #expect(HostSnapshot.names(hull.root + "/disks/empty").isEmpty)
}

/// The read-only disks of micro-VMs.
@Suite struct DiskTests {
    @Test func aDiskHasWhatAContainerWouldSee() throws {
        try withHull(busybox: false) { hull in try expectDiskOfLayers(hull) }
    }

    @Test func anImageWithoutLayersHasAnEmptyDisk() throws {
        try withHull(busybox: false) { hull in
            let loaded = try hull.run("load", input: HostileImage.archive(layers: [], name: "nothing:latest"))
            try #require(loaded.status == 0, "\(loaded)")
            try hull.withDisk("nothing") { root in #expect(HostSnapshot.names(root).isEmpty) }
        }
    }

    @Test func itIsMadeOnceByMany() throws {
        try withHull { hull in
            let arguments = try ["disk"] + hull.layers("busybox")
            let makers = try (0..<6).map { _ in try hull.startImage(arguments) }
            let outcomes = try makers.map { try $0.finish() }
            #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
            #expect(Set(outcomes.map(\.output)).count == 1, "\(outcomes)")
            #expect(HostSnapshot.names(hull.root + "/disks/sha256").count == 1)
            let before = status(outcomes[0].output)?.st_ino
            #expect(try hull.image(arguments).output == outcomes[0].output)
            #expect(status(outcomes[0].output)?.st_ino == before)
        }
    }

    @Test func itGoesWithTheImage() throws {
        try withHull { hull in
            try hull.withDisk("busybox") { root in #expect(access(root + "/bin/busybox", X_OK) == 0) }
            try hull.expect("tag", "busybox", "other")
            try hull.expect("rmi", "other")
            #expect(HostSnapshot.names(hull.root + "/disks/sha256").count == 1)
            try hull.expect("rmi", "busybox")
            #expect(HostSnapshot.names(hull.root + "/disks/sha256").isEmpty)
        }
    }

    @Test func aKilledMakerLeavesAUsableStore() throws {
        try withHull { hull in
            let arguments = try ["disk"] + hull.layers("busybox")
            for delay in stride(from: 0, to: 30_000, by: 3_000) {
                let maker = try hull.startImage(arguments)
                usleep(useconds_t(delay))
                // What it started goes on, and keeps others from its file.
                kill(maker.pid, SIGKILL)
                _ = try maker.finish()
                try hull.withDisk("busybox") { root in #expect(access(root + "/bin/busybox", X_OK) == 0) }
                try hull.expect("image", "prune", "-f")
                try tool("rm", "-rf", hull.root + "/disks/sha256")
            }
        }
    }

    @Test func withoutMkfsOneLineNamesThePackage() throws {
        try withHull { hull in
            let layers = try hull.layers("busybox")
            // Where the program would be there is nothing, in a mount namespace of its own.
            let words = ["unshare", "-m", "sh", "-c", "mount --bind /dev/null /usr/bin/mkfs.erofs; exec \"$0\" \"$@\""]
            let outcome = try Child(
                [try program(words[0])] + words.dropFirst()
                    + [hull.program[0] + "-image", "--store", hull.root, "disk"] + layers,
                environment: hull.environment
            ).finish(seconds: 60)
            #expect(outcome.status == 1 && outcome.errors.contains("package erofs-utils"), "\(outcome)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
            #expect(HostSnapshot.names(hull.root + "/disks/sha256").isEmpty)
        }
    }

    @Test func theAgentsDiskHasTheAgentAndPlacesForItsMounts() throws {
        try withHull(busybox: false) { hull in
            let agent = try hull.file("agent", "#!/bin/sh\n", mode: 0o755)
            let first = try hull.image(["agent-disk", agent])
            #expect(first.status == 0 && first.errorBytes.isEmpty, "\(first)")
            #expect(try hull.image(["agent-disk", agent]).output == first.output)
            let tree = hull.directory + "/extracted"
            try tool("fsck.erofs", "--extract=" + tree, first.output)
            #expect(HostSnapshot.names(tree).sorted() == ["dev", "init", "proc", "run", "sys"])
            #expect(status(tree + "/init")?.st_mode == S_IFREG | 0o755)
            try hull.file("agent", "#!/bin/sh\ntrue\n", mode: 0o755)
            #expect(try hull.image(["agent-disk", agent]).output != first.output)
            let missing = try hull.image(["agent-disk", hull.directory + "/nothing"])
            #expect(missing.status == 1 && missing.errors.split(separator: "\n").count == 1, "\(missing)")
        }
    }
}
