import Glibc
import Testing

@Suite struct MountTests {
    @Test func directoriesOfTheHostAreBound() throws {
        try withHull { hull in
            let path = hull.directory + "/shared"
            mkdir(path, 0o755)
            try hull.file("shared/file", "from the host\n")
            let outcome = try hull.run(
                "run", "--rm", "-v", "\(path):/data", "busybox", "sh", "-c", "cat /data/file; echo back > /data/reply")
            #expect(outcome.output == "from the host", "\(outcome)")
            #expect(HostSnapshot.text(path + "/reply") == "back\n")
        }
    }

    @Test func readOnlyMountsAreReadOnly() throws {
        try withHull { hull in
            let path = hull.directory + "/shared"
            mkdir(path, 0o755)
            for option in [["-v", "\(path):/data:ro"], ["--mount", "type=bind,src=\(path),dst=/data,readonly"]] {
                let outcome = try hull.start(["run", "--rm"] + option + ["busybox", "touch", "/data/x"]).finish()
                #expect(outcome.errors.contains("Read-only"), "\(outcome)")
            }
            #expect(HostSnapshot.names(path).isEmpty)
        }
    }

    @Test func aSingleFileIsBound() throws {
        try withHull { hull in
            let path = try hull.file("file", "one\n")
            #expect(
                try hull.expect("run", "--rm", "-v", "\(path):/etc/new/file", "busybox", "cat", "/etc/new/file")
                    == "one")
        }
    }

    @Test func temporaryFileSystemsTakeOptions() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "run", "--rm", "--tmpfs", "/a:size=1m,mode=0700", "--mount", "type=tmpfs,dst=/b,tmpfs-size=2m",
                "busybox", "sh", "-c",
                "stat -c %a /a; df -k /a /b | awk 'NR > 1 { print $2 }'; grep -c ' /a .*nosuid.*nodev' /proc/mounts")
            #expect(outcome.lines == ["700", "1024", "2048", "1"], "\(outcome)")
        }
    }

    @Test func aLinkInTheImageDoesNotLeadAMountOut() throws {
        try withHull { hull in
            // The container's own /data is a link to a place of the host; the mount stays in the container.
            let outside = hull.directory + "/outside"
            mkdir(outside, 0o755)
            let tree = hull.directory + "/tree"
            try tool(
                "sh", "-c",
                "mkdir $0 && tar -C $0 -xf $1 && ln -s ../../../../../..$2 $0/data && tar -C $0 -cf $0.tar .", tree,
                TestImages.busybox, outside)
            try hull.expect("import", tree + ".tar", "linked")
            let shared = hull.directory + "/shared"
            mkdir(shared, 0o755)
            let outcome = try hull.run("run", "--rm", "-v", "\(shared):/data/x", "linked", "touch", "/data/x/here")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(HostSnapshot.names(outside).isEmpty)
            #expect(HostSnapshot.names(shared) == ["here"])
        }
    }

    @Test func mountsOfTheHostDoNotComeInAndThoseOfTheContainerDoNotGoOut() throws {
        try withHull { hull in
            let mounts = try hull.expect("run", "--rm", "busybox", "cat", "/proc/self/mountinfo")
            #expect(mounts.split(separator: "\n").count < 40)
            #expect(!mounts.contains("master:"), "\(mounts)")
        }
    }

    @Test func whatAContainerWritesIsItsOwn() throws {
        try withHull { hull in
            try hull.expect("run", "--name", "box", "busybox", "sh", "-c", "echo mine > /file; rm /bin/vi")
            #expect(try hull.run("run", "--rm", "busybox", "ls", "/file", "/bin/vi").output == "/bin/vi")
        }
    }
}
