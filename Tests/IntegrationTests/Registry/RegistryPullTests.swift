import Glibc
import JSON
import LinuxSystem
import OCISpec
import Testing

/// `hull pull` against Debian's docker-registry, filled by skopeo.
@Suite struct RegistryPullTests {
    /// Runs a test with a registry that holds `team/app:1`, an image of one small layer, and a Hull.
    private func withRegistry(
        _ options: RegistryServer.Options = .init(), _ body: (RegistryServer, Hull, OCILayout) throws -> Void
    ) throws {
        try withHull(busybox: false) { hull in
            let layout = try OCILayout(hull.directory + "/layout")
            try layout.publish(layout.addImage("echo hello"))
            let server = try RegistryServer(options)
            try server.push(layout.path, "team/app:1")
            try body(server, hull, layout)
        }
    }

    @Test func imageIsPulledByTagAndByDigestAndOnlyOnce() throws {
        try withRegistry { server, hull, _ in
            let name = "\(server.address)/team/app"
            let lines = try hull.expect("pull", "\(name):1").split(separator: "\n").map(String.init)
            #expect(lines.first == "1: Pulling from team/app")
            #expect(lines.contains { $0.hasSuffix(": Pull complete") })
            #expect(lines.contains("Status: Downloaded newer image for \(name):1"))
            let digest = try #require(lines.first { $0.hasPrefix("Digest: ") }?.dropFirst("Digest: ".count))
            let gets = server.fetches.count
            #expect(gets == 3, "manifest, configuration, layer: \(server.fetches)")

            let again = try hull.expect("pull", "\(name):1")
            #expect(again.contains("Status: Image is up to date for \(name):1"))
            #expect(try hull.expect("pull", "-q", "\(name)@\(digest)") == "\(name)@\(digest)")
            #expect(server.fetches.count == gets)

            try hull.expect("rmi", "\(name):1")
            #expect(try hull.expect("pull", "-q", "\(name)@\(digest)") == "\(name)@\(digest)")
        }
    }

    @Test func platformIsTakenOutOfAnIndex() throws {
        try withRegistry { server, hull, layout in
            let manifests = [
                try layout.addImage(
                    "echo arm64", platform: Platform(os: "linux", architecture: "arm64", variant: "v8")),
                try layout.addImage("echo amd64"),
            ]
            try layout.publish(layout.addIndex(manifests))
            try server.push(layout.path, "team/many:1")
            let name = "\(server.address)/team/many:1"
            try hull.expect("pull", name)
            let image = try hull.run("image", "inspect", name).json().arrayValue?.first
            #expect(image?["Architecture"]?.stringValue == "amd64")
            try hull.expect("pull", "--platform", "linux/arm64", name)
            try hull.expectFailure(
                "pull", "--platform", "linux/s390x", name, status: 1, says: "only for linux/amd64, linux/arm64/v8")
        }
    }

    @Test func whatIsNotThereIsOneLine() throws {
        try withRegistry { server, hull, _ in
            try hull.expectFailure("pull", "-q", "\(server.address)/team/app:2", status: 1, says: "MANIFEST_UNKNOWN")
            try hull.expectFailure("pull", "-q", "\(server.address)/none:1", status: 1, says: "there is no")
        }
        try withHull(busybox: false) { hull in
            // Port 1 is no registry's.
            let outcome = try Child(
                [Environment.executables + "/hull-registry", "pull", "--store", hull.root, "--", "127.0.0.1:1/a"],
                environment: hull.environment
            ).finish(seconds: 120)
            #expect(outcome.status == 5, "\(outcome)")
            #expect(outcome.errors.contains("cannot connect to 127.0.0.1:1: connection refused"))
        }
    }

    @Test func loginIsTakenFromDockersFileOrItsHelpers() throws {
        try withRegistry(.init(login: ("user", "secret"))) { server, hull, _ in
            let name = "\(server.address)/team/app:1"
            try hull.expectFailure("pull", "-q", name, status: 1, says: "docker login \(server.address)")

            let directory = hull.directory + "/login"
            mkdir(directory, 0o700)
            hull.environment["DOCKER_CONFIG"] = directory
            // user:wrong
            try hull.file("login/config.json", #"{"auths":{"\#(server.address)":{"auth":"dXNlcjp3cm9uZw=="}}}"#)
            try hull.expectFailure("pull", "-q", name, status: 1, says: "does not accept the login")
            // user:secret
            try hull.file("login/config.json", #"{"auths":{"\#(server.address)":{"auth":"dXNlcjpzZWNyZXQ="}}}"#)
            #expect(try hull.expect("pull", "-q", name) == name)

            try hull.expect("rmi", name)
            try hull.file("login/config.json", #"{"credHelpers":{"\#(server.address)":"hulltest"}}"#)
            try hull.expectFailure("pull", "-q", name, status: 1, says: "cannot find docker-credential-hulltest")
            try hull.file(
                "login/docker-credential-hulltest",
                """
                #!/bin/sh
                read -r server
                [ "$1 $server" = "get \(server.address)" ] || exit 1
                echo '{"ServerURL":"x","Username":"user","Secret":"secret"}'
                """, mode: 0o755)
            hull.environment["PATH", default: ""] += ":" + directory
            #expect(try hull.expect("pull", "-q", name) == name)
        }
    }

    @Test func certificatesAreCheckedUnlessTheUserSaysOtherwise() throws {
        let directory = Environment.temporaryDirectory("hull-authority")
        defer { Environment.removeTree(directory) }
        func openssl(_ arguments: String) throws {
            try tool("sh", "-c", "cd \"$0\" && openssl \(arguments) 2>&1", directory)
        }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        try openssl("req -x509 \(key) -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
        try openssl("req \(key) -subj /CN=registry -keyout server.key -out server.csr")
        try WholeFile.create(directory + "/names", Array("subjectAltName=IP:127.0.0.1\n".utf8))
        try openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem")
        try withRegistry(.init(certificate: (directory + "/server.pem", directory + "/server.key"))) {
            server, hull, _ in
            let name = "\(server.address)/team/app:1"
            try hull.expectFailure("pull", "-q", name, status: 1, says: "--cacert")
            #expect(try hull.expect("pull", "-q", "--cacert", directory + "/ca.pem", name) == name)
            try hull.expect("rmi", name)
            #expect(try hull.expect("pull", "-q", "--insecure", name) == name)
            try hull.expect("rmi", name)
            let configuration = try hull.file("config.json", #"{"registries":{"insecure":["\#(server.address)"]}}"#)
            #expect(try hull.expect("--config", configuration, "pull", "-q", name) == name)
            try hull.expectFailure(
                "pull", "-q", "--cacert", "/etc/hostname", name, status: 1, says: "/etc/hostname")
        }
    }

    @Test func mirrorIsAskedFirst() throws {
        try withRegistry { server, hull, _ in
            let configuration = try hull.file(
                "config.json", #"{"registries":{"mirrors":{"registry.invalid":["http://\#(server.address)"]}}}"#)
            let name = "registry.invalid/team/app:1"
            #expect(try hull.expect("--config", configuration, "pull", "-q", name) == name)
        }
    }

    /// The bytes of the layer that is on its way.
    private func partial(_ hull: Hull) -> Int {
        let directory = hull.root + "/images"
        guard let name = HostSnapshot.names(directory).first(where: { $0.hasPrefix("partial-") }) else { return 0 }
        var status = stat()
        return stat(directory + "/" + name, &status) == 0 ? status.st_size : 0
    }

    /// Pushes an image whose layer takes a moment, and stops the registry in the middle of it.
    private func withPullUnderWay(
        _ body: (RegistryServer, Hull, _ name: String, Child) throws -> Void
    ) throws {
        try withRegistry { server, hull, layout in
            try layout.publish(layout.addImage("head -c 96M /dev/urandom"))
            try server.push(layout.path, "team/large:1")
            let name = "\(server.address)/team/large:1"
            let terminal = try Pseudoterminal()
            let child = try hull.start(["pull", name], on: terminal)
            #expect(Clock.wait(seconds: 60) { partial(hull) > 1 << 20 })
            server.signal(SIGSTOP)
            try body(server, hull, name, child)
        }
    }

    @Test func pullThatTheUserInterruptsGoesOnLater() throws {
        try withPullUnderWay { server, hull, name, child in
            child.send("\u{3}")
            let outcome = try child.finish()
            #expect(outcome.status == 128 + SIGINT, "\(outcome)")
            #expect(try hull.expect("images", "-q").isEmpty)
            let brought = partial(hull)
            #expect(brought > 0)
            server.signal(SIGCONT)
            let lines = try hull.expect("pull", name)
            #expect(lines.contains("Download complete"))
            let resumed = server.fetches.filter { $0.contains("/blobs/") && $0.hasSuffix(" 206") }
            #expect(resumed.count == 1, "\(server.fetches)")
            #expect(partial(hull) == 0)
        }
    }

    @Test func nothingIsLeftRunningWhenHullIsKilled() throws {
        try withPullUnderWay { server, hull, name, child in
            child.signal(SIGKILL)
            #expect(child.wait(seconds: 10) { child.hasEnded })
            // The next pull takes the layer over at once, so nobody else has it.
            server.signal(SIGCONT)
            let printed = try hull.expect("pull", "-q", name)
            #expect(printed == name)
        }
    }
}
