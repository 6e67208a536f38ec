import Glibc
import JSON
import Testing

@Suite struct ImageCommandTests {
    @Test func anImportedImageIsListedTaggedInspectedAndRemoved() throws {
        try withHull { hull in
            let id = try hull.expect("images", "-q", "--no-trunc")
            #expect(id.hasPrefix("sha256:"))
            let lines = try hull.run("images").lines
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("REPOSITORY"))
            #expect(lines[1].hasPrefix("busybox"))

            try hull.expect("tag", "busybox", "registry.example/team/app:1.0")
            let references = try hull.run("images", "--format", "json").lines.map {
                try JSONParser.parse($0)["Repository"]?.stringValue
            }
            #expect(Set(references) == ["busybox", "registry.example/team/app"])

            let inspected = try hull.run("image", "inspect", "busybox").json().arrayValue?.first
            #expect(inspected?["Id"]?.stringValue == id)
            #expect(inspected?["Config"]?["Cmd"]?.arrayValue?.first?.stringValue == "sh")
            #expect(inspected?["Os"]?.stringValue == "linux")

            #expect(try hull.expect("rmi", "busybox").contains("Untagged: busybox:latest"))
            #expect(try hull.expect("images", "-q", "--no-trunc") == id)
            #expect(try hull.expect("rmi", "registry.example/team/app:1.0").contains("Deleted: \(id)"))
            #expect(try hull.expect("images", "-q").isEmpty)
        }
    }

    @Test func whatIsNotThereIsOneLine() throws {
        try withHull(busybox: false) { hull in
            try hull.expectFailure("rmi", "nothing", status: 1, says: "no such image: nothing")
            try hull.expectFailure("image", "inspect", "nothing", status: 1, says: "no such image: nothing")
            try hull.expectFailure("save", "nothing", status: 1, says: "no such image: nothing")
            try hull.expectFailure("tag", "nothing", "else", status: 1, says: "no such image: nothing")
            try hull.expectFailure("load", "-i", "/nothing", status: 1, says: "/nothing")
            try hull.expectFailure("import", "/nothing", status: 1, says: "/nothing")
        }
    }

    @Test func importTakesChangesFromADockerfile() throws {
        try withHull { hull in
            try hull.expect(
                "import", "-c", "ENV A=b", "-c", "ENTRYPOINT [\"/bin/echo\"]", "-c", "USER 1000:1000", "-c",
                "WORKDIR /x",
                "-c", "LABEL k=v", "-c", "STOPSIGNAL SIGINT", TestImages.busybox, "changed:1")
            let config = try hull.run("image", "inspect", "changed:1").json().arrayValue?.first?["Config"]
            #expect(config?["Env"]?.arrayValue?.last?.stringValue == "A=b")
            #expect(config?["Entrypoint"]?.arrayValue?.first?.stringValue == "/bin/echo")
            #expect(config?["User"]?.stringValue == "1000:1000")
            #expect(config?["WorkingDir"]?.stringValue == "/x")
            #expect(config?["Labels"]?["k"]?.stringValue == "v")
            #expect(config?["StopSignal"]?.stringValue == "SIGINT")
            try hull.expectFailure(
                "import", "-c", "RUN x", TestImages.busybox, "changed:2", status: 1, says: "RUN")
        }
    }

    @Test func pruneRemovesOnlyWhatHasNoNameUnlessAsked() throws {
        try withHull { hull in
            let archive = hull.directory + "/other.tar"
            try tool(
                "sh", "-c", "mkdir \"$0/t\" && echo x > \"$0/t/x\" && tar -C \"$0/t\" -cf \"$1\" .", hull.directory,
                archive)
            let unnamed = try hull.expect("import", archive)
            #expect(try hull.expect("images", "-q", "--no-trunc").contains(unnamed))
            #expect(try hull.expect("image", "prune", "-f").contains(unnamed))
            #expect(try hull.run("images", "-q").lines.count == 1)
            try hull.expect("image", "prune", "-a", "-f")
            #expect(try hull.expect("images", "-q").isEmpty)
            #expect(try tool("find", hull.root + "/layers/sha256", "-mindepth", "1").output.isEmpty)
        }
    }

    @Test func shortIdentifiersNameImagesAndAmbiguousOnesDoNot() throws {
        try withHull { hull in
            let id = try hull.expect("images", "-q")
            try hull.expect("tag", id, "by-id")
            #expect(try hull.expect("images", "-q", "by-id") == id)
            try hull.expectFailure("tag", "", "x", status: 1, says: "")
        }
    }
}
