import Glibc
import Testing

@Suite struct CopyTests {
    @Test func filesAndDirectoriesAreCopiedBothWays() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sleep", "1000")
            try hull.file("file", "hello\n", mode: 0o640)
            try hull.expect("cp", hull.directory + "/file", "box:/tmp/copied")
            #expect(
                try hull.expect("exec", "box", "sh", "-c", "cat /tmp/copied; stat -c %a /tmp/copied") == "hello\n640")
            try hull.expect("cp", "box:/etc", hull.directory + "/etc")
            #expect(HostSnapshot.text(hull.directory + "/etc/group").contains("audio"))
            try hull.expect("cp", hull.directory + "/etc/.", "box:/new")
            #expect(try hull.expect("exec", "box", "cat", "/new/group").contains("audio"))
            let missing = try hull.run("cp", "box:/nothing", hull.directory)
            #expect(missing.status == 1 && missing.errors.contains("/nothing"), "\(missing)")
        }
    }

    @Test func aStoppedContainersFilesAreThereToo() throws {
        try withHull { hull in
            _ = try hull.run("run", "--name", "box", "busybox", "sh", "-c", "echo left > /left")
            try hull.expect("cp", "box:/left", hull.directory + "/left")
            #expect(HostSnapshot.text(hull.directory + "/left") == "left\n")
        }
    }

    @Test func aLinkOfTheContainerDoesNotLeadToTheHost() throws {
        try withHull { hull in
            let secret = try hull.file("secret", "of the host\n")
            try hull.expect(
                "run", "-d", "--name", "box", "busybox", "sh", "-c",
                "ln -s \(hull.directory) /way; echo ready; sleep 1000")
            #expect(hull.logsContain("box", "ready"))
            let out = try hull.run("cp", "box:/way/secret", hull.directory + "/stolen")
            #expect(out.status == 1, "\(out)")
            _ = try hull.run("cp", secret, "box:/way/planted")
            #expect(HostSnapshot.names(hull.directory).sorted() == ["home", "root", "secret"])
        }
    }

    @Test(arguments: [true, false]) func archivesGoThroughPipes(isRunning: Bool) throws {
        try withHull { hull in
            if isRunning {
                try hull.expect("run", "-d", "--name", "box", "busybox", "sleep", "1000")
            } else {
                try hull.expect("create", "--name", "box", "busybox", "sleep", "1000")
            }
            let there = try hull.script(
                """
                set -e; cd "$1"; mkdir -p in/sub; echo one > in/sub/file; ln in/sub/file in/again; ln -s file in/sub/link
                chmod 750 in/sub; echo plain > in/.wh.name
                tar -cf - in | "$0" cp - box:/tmp
                "$0" cp box:/tmp/in - | tar -tvf - | sort -k 6
                """)
            #expect(there.status == 0, "\(there)")
            for line in ["in/sub/link -> file", "in/.wh.name", "drwxr-x---", "link to in/"] {
                #expect(there.output.contains(line), "\(line): \(there)")
            }
            let contents = try hull.script(#"cd "$1"; "$0" cp box:/tmp/in/sub/. - | tar -xO ./file"#)
            #expect(contents.output == "one", "\(contents)")
            try hull.expectFailure("cp", "box:/nothing", "-", status: 1, says: "no such file")
            try hull.expectFailure("cp", "-", "box:/nowhere", status: 1, says: "no such directory")
        }
    }

    @Test func anArchiveLeadsNowhereElse() throws {
        try withHull { hull in
            try hull.expect("run", "-d", "--name", "box", "busybox", "sleep", "1000")
            let outcome = try hull.script(
                """
                cd "$1"; mkdir -p a/etc; echo x > a/up; tar -C a -cPf up.tar --transform 's,up,../../planted,' up
                "$0" cp - box:/tmp < up.tar; echo "status $?"
                echo file > a/etc2; tar -C a -cf over.tar --transform 's,etc2,etc,' etc2
                "$0" cp - box:/ < over.tar; echo "status $?"
                """)
            #expect(outcome.output == "status 1\nstatus 1", "\(outcome)")
            #expect(outcome.errors.contains("the place of a directory"), "\(outcome)")
            #expect(try hull.expect("exec", "box", "ls", "/etc").contains("group"))
        }
    }
}
