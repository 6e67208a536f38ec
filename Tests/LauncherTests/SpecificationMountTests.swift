import Testing

@testable import Launcher

private func mounts(_ words: String...) throws -> [MountOption] {
    try runOptions(words + ["box"]).mounts
}

struct SpecificationMountTests {
    @Test func volumesBindPathsOfTheHost() throws {
        let mount = try #require(try mounts("-v", "/a/../b//c:/d/./e:ro,rslave,z").first)
        #expect(mount.kind == .bind(source: "/b/c") && mount.destination == "/d/e")
        #expect(mount.readOnly && mount.recursive && mount.options == ["rslave"])
        #expect(try mounts("-v", "./x:/y").first?.kind == .bind(source: "/here/now/x"))
        #expect(try mounts("-v", "..:/y").first?.kind == .bind(source: "/here"))
        #expect(try mounts("-v", "/../..:/y").first?.kind == .bind(source: "/"))
    }

    @Test func mountsAreCommaSeparated() throws {
        let bind = try #require(try mounts("--mount", "type=bind,src=/a,dst=/b,readonly,bind-propagation=shared").first)
        #expect(bind.kind == .bind(source: "/a") && bind.readOnly && bind.options == ["shared"])
        let quoted = try #require(try mounts("--mount", "type=bind,\"source=/a,b\"\"c\",target=/d,ro=false").first)
        #expect(quoted.kind == .bind(source: "/a,b\"c") && !quoted.readOnly)
        let shallow = try #require(try mounts("--mount", "type=bind,src=/a,dst=/b,ro,bind-recursive=writable").first)
        #expect(shallow.readOnly && !shallow.readOnlyBelow)
        let memory = try #require(try mounts("--mount", "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777").first)
        #expect(memory.kind == .tmpfs && memory.options == ["size=1048576", "mode=1777"])
    }

    @Test func temporaryFileSystemsTakeOptions() throws {
        let mount = try #require(try mounts("--tmpfs", "/t:ro,exec,size=50%,uid=7,mode=0700").first)
        #expect(mount.readOnly && mount.options == ["exec", "size=50%", "uid=7", "mode=700"])
        #expect(try mounts("--tmpfs", "/t").first?.options == [])
    }

    @Test(arguments: [
        (["-v", "data:/x"], "named volumes are not there yet"), (["-v", "/x"], "volumes without a path of the host"),
        (["-v", "/a:"], "it should be HOST:CONTAINER"), (["-v", ":/a"], "it should be HOST:CONTAINER"),
        (["-v", "/a:/b:ro:x"], "it should be HOST:CONTAINER"), (["-v", "/a:b"], "it should be an absolute path"),
        (["-v", "/a:/"], "nothing can be mounted on the container's root"),
        (["-v", "/a:/b/.."], "nothing can be mounted on the container's root"),
        (["-v", "/a:/b:fast"], "'fast' is no option of a bind mount"), (["-v", ""], "it should be HOST:CONTAINER"),
        (["--mount", "dst=/x"], "volumes are not there yet"), (["--mount", "type=bind,src=/a"], "it has no target"),
        (["--mount", "type=bind,dst=/a"], "a bind mount needs a source"),
        (["--mount", "type=bind,src=a,dst=/b"], "it should be an absolute path"),
        (["--mount", "type=tmpfs,src=/a,dst=/b"], "a tmpfs has no source"),
        (["--mount", "type=npipe,dst=/b"], "type=bind and type=tmpfs are known"),
        (["--mount", "type=tmpfs,dst=/b,bind-propagation=shared"], "'bind-propagation' is no option of this mount"),
        (["--mount", "type=tmpfs,dst=/b,tmpfs-mode=9"], "a mode is octal"),
        (["--mount", "type=tmpfs,dst=/b,tmpfs-size=-1"], "a size is"),
        (["--mount", "type=bind,src=/a,dst=/b,ro=2"], "it should be true or false"),
        (["--mount", "type=bind,\"src=/a"], "a quote is not closed"),
        (["--mount", "type=bind,s\"rc=/a\",dst=/b"], "a quote begins in the middle"),
        (["--mount", "\"type=bind\"x,src=/a,dst=/b"], "a quote ends in the middle"),
        (["--mount", ""], "it has no target"), (["--tmpfs", "t"], "it should be an absolute path"),
        (["--tmpfs", "/t:size=1x"], "a size is"), (["--tmpfs", "/t:size=200%"], "it should be from 1 to 100"),
        (["--tmpfs", "/t:mode=+7"], "a mode is octal"), (["--tmpfs", "/t:uid=-1"], "it should be a whole number"),
        (["--tmpfs", "/t:uid=4294967295"], "it should be from 0 to"), (["--tmpfs", "/t:huge=always"], "'huge=always'"),
    ])
    func otherMountsAreRefused(_ words: [String], _ reason: String) throws {
        let line = try #require(refusal(words + ["box"]))
        #expect(line.contains(": " + reason), "\(line)")
    }

    @Test func devicesAreNamedAsDockerNamesThem() throws {
        let devices = try runOptions([
            "--device", "/dev/a", "--device", "/dev/b:r", "--device", "/dev/c:/x:mw", "--device", "/dev/d:/y", "box",
        ]).devices
        #expect(devices.map(\.destination) == ["/dev/a", "/dev/b", "/x", "/y"])
        #expect(devices.map(\.access) == ["rwm", "r", "mw", "rwm"])
        let rules = try runOptions(["--device-cgroup-rule", "c 10:* rw", "box"]).deviceRules
        #expect(rules == [.init(allow: true, type: "c", major: 10, minor: nil, access: "rw")])
    }
}
