import Foundation
import LinuxSystem
import Testing

@testable import Launcher

/// Copies between a "container" (a directory taken as a root) and the host, in a directory of the test's own.
struct TreeCopierTests {
    let top: String
    let container: String
    let host: String

    init() throws {
        top = NSTemporaryDirectory() + "hull-copy-" + UUID().uuidString
        container = top + "/container"
        host = top + "/host"
        for directory in [container, host] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
    }

    func write(_ path: String, _ text: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    func out(_ path: String, _ target: String, _ options: TreeCopier.Options = .init()) throws {
        let root = try OwnedDescriptor.open(container, O_PATH)
        try TreeCopier.copy(from: CopyPlace(container: root.number, path: path), to: CopyPlace(host: target), options)
        _ = root.number
    }

    func into(_ source: String, _ path: String) throws {
        let root = try OwnedDescriptor.open(container, O_PATH)
        try TreeCopier.copy(from: CopyPlace(host: source), to: CopyPlace(container: root.number, path: path), .init())
        _ = root.number
    }

    func cleaned(_ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: top) }
        try body()
    }

    @Test func aFileGoesToANewNameOrIntoADirectory() throws {
        try cleaned {
            try write(container + "/etc/motd", "hello")
            try out("/etc/motd", host + "/copy")
            try out("etc/motd", host)
            #expect(try read(host + "/copy") == "hello")
            #expect(try read(host + "/motd") == "hello")
            #expect(throws: CopyError.self) { try out("/etc/motd", host + "/missing/") }
            #expect(throws: CopyError.self) { try out("/etc/none", host + "/x") }
        }
    }

    @Test func aDirectoryGoesBesideOrInsideAsDockerSays() throws {
        try cleaned {
            try write(container + "/srv/a/b", "1")
            try out("/srv", host + "/new")
            #expect(try read(host + "/new/a/b") == "1")
            try out("/srv", host + "/new")
            #expect(try read(host + "/new/srv/a/b") == "1")
            try out("/srv/.", host)
            #expect(try read(host + "/a/b") == "1")
            try write(host + "/file", "")
            #expect(throws: CopyError.self) { try out("/srv", host + "/file") }
        }
    }

    @Test func aLinkInTheContainerDoesNotLeadToTheHost() throws {
        try cleaned {
            try write(host + "/secret", "host's")
            try write(container + host + "/secret", "container's")
            try FileManager.default.createSymbolicLink(atPath: container + "/way", withDestinationPath: host)
            try out("/way/secret", top + "/got")
            #expect(try read(top + "/got") == "container's")
            try write(top + "/new", "data")
            try into(top + "/new", "/way/planted")
            #expect(!FileManager.default.fileExists(atPath: host + "/planted"))
            #expect(try read(container + host + "/planted") == "data")
        }
    }

    @Test func linksModesTimesAndHolesAreKept() throws {
        try cleaned {
            try write(container + "/d/one", "same")
            link(container + "/d/one", container + "/d/two")
            symlink("/etc/passwd", container + "/d/link")
            chmod(container + "/d/one", 0o751)
            let sparse = open(container + "/d/sparse", O_WRONLY | O_CREAT, 0o600)
            pwrite(sparse, "x", 1, 8 << 20)
            close(sparse)
            try out("/d", host + "/d")
            var one = stat()
            var two = stat()
            var hole = stat()
            lstat(host + "/d/one", &one)
            lstat(host + "/d/two", &two)
            lstat(host + "/d/sparse", &hole)
            #expect(one.st_ino == two.st_ino)
            #expect(one.st_mode & 0o7777 == 0o751)
            #expect(hole.st_size == (8 << 20) + 1)
            #expect(hole.st_blocks * 512 < 1 << 20)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: host + "/d/link") == "/etc/passwd")
        }
    }
}
