import CLinux
import Glibc
import Testing

@testable import Launcher

private let passwd = """
    root:x:0:0:root:/root:/bin/sh
    # a comment
    broken line
    bad:x:notanumber:1::/:
    web:x:33:44:web:/var/www:/bin/false
    1000:x:5:6::relative:
    big:x:4294967296:1::/:
    """
private let group = """
    root:x:0:
    tty:x:5:web,other
    www:x:44:
    wheel:x:10:root,web
    broken:x
    """

struct SpecificationUserTests {
    private let database = UserDatabase(passwd: Array(passwd.utf8), group: Array(group.utf8))

    @Test func usersAreFoundByNameAndByNumber() throws {
        #expect(try database.resolve(nil) == .init(uid: 0, gid: 0, groups: [0, 10], home: "/root"))
        #expect(try database.resolve("web") == .init(uid: 33, gid: 44, groups: [44, 5, 10], home: "/var/www"))
        #expect(try database.resolve("33") == (try database.resolve("web")))
        #expect(try database.resolve("77") == .init(uid: 77, gid: 0, groups: [0], home: nil))
        #expect(try database.resolve("1000") == .init(uid: 5, gid: 6, groups: [6], home: nil))
    }

    @Test func aGroupReplacesTheUsersOwn() throws {
        #expect(try database.resolve("web:tty") == .init(uid: 33, gid: 5, groups: [5], home: "/var/www"))
        #expect(try database.resolve("web:99").gid == 99)
        #expect(try database.resolve("77:88", groups: ["wheel", "7", "10"]).groups == [88, 10, 7])
    }

    @Test(arguments: ["nobody", "bad", "web:nobody", "4294967295", "-1", "+1", "web:-1", "big", "1e3"])
    func othersAreRefused(_ text: String) {
        #expect(throws: UnusableOptions.self) { try database.resolve(text) }
    }

    @Test func subordinateIdsAreReadWithoutNonsense() {
        let text = "u:100000:65536\n1000:300000:10\nv:1:1\nu:0:5\nu:5:0\nu:4294967295:2\nu:x:1\nu:1\n"
        #expect(
            SubordinateIDs.ranges(Array(text.utf8), ["u", "1000"]) == [
                .init(first: 100_000, count: 65536), .init(first: 300_000, count: 10),
            ])
    }
}

struct SpecificationLayeredFilesTests {
    /// Two layers, `over` on `under`.
    private func read(
        _ path: String, limit: Int = 100, _ fill: (_ over: String, _ under: String) throws -> Void
    ) throws -> String? {
        let directory = try temporaryDirectory()
        defer { removeTree(directory) }
        for name in ["over", "under", "over/etc", "under/etc"] { mkdir("\(directory)/\(name)", 0o755) }
        try fill(directory + "/over", directory + "/under")
        let files = LayeredFiles(layers: [directory + "/over", directory + "/under"])
        return try files.read(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theTopmostFileCounts() throws {
        let content = try read("/etc/passwd") { over, under in
            try write("under", to: under + "/etc/passwd")
            try write("over", to: over + "/etc/passwd")
        }
        #expect(content == "over")
        #expect(try read("/etc/passwd") { _, under in try write("under", to: under + "/etc/passwd") } == "under")
        #expect(try read("/etc/passwd") { _, _ in } == nil)
        #expect(try read("/none/passwd") { _, _ in } == nil)
    }

    @Test func linksStayInsideTheLayers() throws {
        // The host has /etc/passwd too; only the layers' own may be seen.
        let upward = try read("/etc/passwd") { over, under in
            symlink("../../../../../../etc/hidden", over + "/etc/passwd")
            try write("inside", to: under + "/etc/hidden")
        }
        #expect(upward == "inside")
        let absolute = try read("/etc/group") { over, _ in symlink("/etc/passwd", over + "/etc/group") }
        #expect(absolute == nil)
        let directory = try read("/etc/passwd") { over, under in
            rmdir(over + "/etc")
            symlink("/real", over + "/etc")
            mkdir(under + "/real", 0o755)
            try write("real", to: under + "/real/passwd")
            try write("hidden", to: under + "/etc/passwd")
        }
        #expect(directory == "real")
    }

    @Test func loopsAndOddFilesAreNoFiles() throws {
        #expect(try read("/etc/passwd") { over, _ in symlink("passwd", over + "/etc/passwd") } == nil)
        #expect(
            try read("/etc/passwd") { over, _ in
                symlink("b", over + "/etc/a")
                symlink("a/x", over + "/etc/b")
                symlink("a/../b/../a", over + "/etc/passwd")
            } == nil)
        #expect(try read("/etc/passwd") { over, _ in mkfifo(over + "/etc/passwd", 0o644) } == nil)
        #expect(try read("/etc/passwd") { over, _ in mkdir(over + "/etc/passwd", 0o755) } == nil)
        #expect(try read("/etc/passwd/x") { over, _ in try write("x", to: over + "/etc/passwd") } == nil)
    }

    @Test func largeFilesAreAnError() {
        #expect(throws: (any Error).self) {
            try read("/etc/passwd") { over, _ in
                try write(String(repeating: "x", count: 101), to: over + "/etc/passwd")
            }
        }
    }

    @Test func opaqueDirectoriesAndMarkedFilesHide() throws {
        var supported = true
        let opaque = try read("/etc/passwd") { over, under in
            try write("under", to: under + "/etc/passwd")
            supported = unsafe setxattr(over + "/etc", "user.overlay.opaque", "y", 1, 0) == 0
        }
        guard supported else {
            print("skipped: /tmp has no user xattrs")
            return
        }
        #expect(opaque == nil)
        let marked = try read("/etc/passwd") { over, under in
            try write("under", to: under + "/etc/passwd")
            try write("", to: over + "/etc/passwd")
            unsafe setxattr(over + "/etc/passwd", "user.overlay.whiteout", "y", 1, 0)
        }
        #expect(marked == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "making a device needs root"))
    func whiteoutDevicesHide() throws {
        let content = try read("/etc/passwd") { over, under in
            try write("under", to: under + "/etc/passwd")
            #expect(mknod(over + "/etc/passwd", S_IFCHR | 0o600, 0) == 0)
        }
        #expect(content == nil)
    }
}
