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

    @Test func archivesThroughPipesAreRefusedPlainly() throws {
        try withHull { hull in
            try hull.expect("create", "--name", "box", "busybox")
            try hull.expectFailure("cp", "box:/etc/passwd", "-", status: 1, says: "not there yet")
        }
    }
}
