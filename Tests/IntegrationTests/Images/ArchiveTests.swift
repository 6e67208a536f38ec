import Glibc
import JSON
import Testing

/// Images of other makers in, and ours out to them.
@Suite struct ArchiveTests {
    /// An OCI layout with one image of two layers, made by umoci.
    private func makeLayout(_ hull: Hull) throws -> String {
        let layout = hull.directory + "/layout"
        try tool("umoci", "init", "--layout", layout)
        try tool("umoci", "new", "--image", layout + ":test")
        try tool("umoci", "raw", "add-layer", "--image", layout + ":test", TestImages.busybox)
        let second = hull.directory + "/second"
        try tool("sh", "-c", "mkdir -p \"$0/etc\" && echo second > \"$0/etc/second\"", second)
        try tool("tar", "-C", second, "-cf", second + ".tar", ".")
        try tool("umoci", "raw", "add-layer", "--image", layout + ":test", second + ".tar")
        try tool(
            "umoci", "config", "--image", layout + ":test", "--config.cmd", "/bin/cat", "--config.cmd", "/etc/second")
        return layout
    }

    private func copy(_ hull: Hull, _ source: String, _ target: String) throws {
        try tool("skopeo", "--insecure-policy", "copy", "-q", source, target)
    }

    private func layers(_ hull: Hull, _ name: String) throws -> [String] {
        let layers = try hull.run("image", "inspect", name).json().arrayValue?.first?["RootFS"]?["Layers"]
        return layers?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    @Test func everyFormIsLoaded() throws {
        try withHull(busybox: false) { hull in
            let layout = try makeLayout(hull)
            try copy(hull, "oci:\(layout):test", "docker-archive:\(hull.directory)/docker.tar:example/docker:1")
            try copy(hull, "oci:\(layout):test", "oci-archive:\(hull.directory)/oci.tar:example/oci:1")
            try copy(hull, "oci:\(layout):test", "oci:\(hull.directory)/directory:example/directory:1")
            #expect(try hull.expect("load", "-i", hull.directory + "/docker.tar") == "Loaded image: example/docker:1")
            #expect(try hull.expect("load", "-i", hull.directory + "/oci.tar") == "Loaded image: example/oci:1")
            #expect(try hull.expect("load", "-i", hull.directory + "/directory") == "Loaded image: example/directory:1")
            // By standard input, compressed as a whole.
            for compressor in ["gzip", "zstd"] {
                let archive = try tool(compressor, "-c", hull.directory + "/docker.tar").outputBytes
                let outcome = try hull.run("load", input: archive)
                #expect(outcome.output == "Loaded image: example/docker:1", "\(outcome)")
            }
            let expected = try layers(hull, "example/docker:1")
            #expect(expected.count == 2)
            #expect(try layers(hull, "example/oci:1") == expected)
            #expect(try layers(hull, "example/directory:1") == expected)
            #expect(HostSnapshot.names(hull.root + "/layers/sha256").count == 2)
        }
    }

    @Test func layersOfEveryCompressionAreUnpackedTheSame() throws {
        try withHull(busybox: false) { hull in
            let layout = try makeLayout(hull)
            for (format, name) in [("gzip", "a"), ("zstd", "b")] {
                try tool(
                    "skopeo", "--insecure-policy", "copy", "-q", "--dest-compress-format", format, "--dest-compress",
                    "oci:\(layout):test", "oci:\(hull.directory)/\(format):example/\(name):1")
                try hull.expect("load", "-i", "\(hull.directory)/\(format)")
            }
            #expect(try layers(hull, "example/a:1") == layers(hull, "example/b:1"))
        }
    }

    @Test func whatIsSavedIsReadBack() throws {
        try withHull(busybox: false) { hull in
            let layout = try makeLayout(hull)
            try copy(hull, "oci:\(layout):test", "oci:\(hull.directory)/directory:example/directory:1")
            try hull.expect("load", "-i", hull.directory + "/directory")
            let id = try hull.expect("images", "-q", "--no-trunc")
            try hull.expect("save", "-o", hull.directory + "/saved.tar", "example/directory:1")
            for form in ["docker-archive", "oci-archive"] {
                let source =
                    "\(form):\(hull.directory)/saved.tar" + (form == "docker-archive" ? ":example/directory:1" : "")
                let configuration = try tool("skopeo", "--insecure-policy", "inspect", "--config", "--raw", source)
                let manifest = try JSONParser.parse(configuration.outputBytes)
                #expect(manifest["rootfs"]?["diff_ids"]?.arrayValue?.count == 2, "\(form)")
            }
            // By a pipe into another store: the same image.
            let bytes = try hull.run("save", "example/directory:1").outputBytes
            try hull.expect("rmi", "example/directory:1")
            let loaded = try hull.run("load", input: bytes)
            #expect(loaded.output == "Loaded image: example/directory:1", "\(loaded)")
            #expect(try hull.expect("images", "-q", "--no-trunc") == id)
        }
    }

    @Test func aPipeIsWrittenToAndNotReplaced() throws {
        try withHull { hull in
            let pipe = hull.directory + "/pipe"
            try tool("mkfifo", pipe)
            let outcome = try hull.script(
                "\"$0\" save -o \"$1/pipe\" busybox & tar -tf \"$1/pipe\" && wait $! && [ -p \"$1/pipe\" ]")
            #expect(outcome.status == 0 && outcome.output.contains("index.json"), "\(outcome)")
        }
    }

    @Test func severalImagesShareAnArchive() throws {
        try withHull { hull in
            try hull.expect("tag", "busybox", "example/one:1")
            try hull.expect("import", "-c", "CMD [\"ls\"]", TestImages.busybox, "example/two:2")
            try hull.expect("save", "-o", hull.directory + "/both.tar", "example/one:1", "example/two:2")
            try hull.expect("image", "prune", "-a", "-f")
            let loaded = try hull.run("load", "-i", hull.directory + "/both.tar").lines.sorted()
            #expect(loaded == ["Loaded image: example/one:1", "Loaded image: example/two:2"])
        }
    }
}
