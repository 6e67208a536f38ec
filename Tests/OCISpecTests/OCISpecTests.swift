import JSON
import Testing

@testable import OCISpec

struct ReferenceTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"), ("user/app:1.0", "docker.io/user/app:1.0"),
        ("index.docker.io/busybox", "docker.io/library/busybox:latest"),
        ("localhost/x", "localhost/x:latest"), ("127.0.0.1:5000/a/b_c:t", "127.0.0.1:5000/a/b_c:t"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"), ("quay.io/a--b/c.d__e", "quay.io/a--b/c.d__e:latest"),
    ])
    func namesAreNormalisedAsDockerDoes(_ text: String, _ whole: String) throws {
        #expect(try Reference(text).description == whole)
    }

    @Test func aDigestNeedsNoTag() throws {
        let hex = String(repeating: "a", count: 64)
        let reference = try Reference("busybox@sha256:\(hex)")
        #expect(reference.tag == nil)
        #expect(reference.digest?.hex == hex)
        #expect(try Reference("busybox:1@sha256:\(hex)").tag == "1")
    }

    @Test(arguments: [
        "", "Busybox", "a//b", "a/", "-a", "a-", "a..b", "a___b", "a:", "a:-t", "a@sha256:12", "http://a/b", "a b",
        "../etc", "a/../b", "host:99999/a", "host:/a", "é",
    ])
    func badNamesAreRefused(_ text: String) {
        #expect(throws: ReferenceError.self) { try Reference(text) }
    }
}

struct DigestTests {
    @Test(arguments: ["sha256:", "sha256:AB", "md5:00", "sha256:../../etc/passwd", ":", ""])
    func badDigestsAreRefused(_ text: String) {
        #expect(Digest(text) == nil)
    }
}

struct SpecTests {
    @Test func aConfigurationSurvivesWritingAndReading() throws {
        var spec = Spec()
        spec.process = Spec.Process(args: ["/bin/true"], env: ["A=b"])
        spec.root = Spec.Root(path: "rootfs", readonly: true)
        var linux = Spec.Linux()
        linux.namespaces = [Spec.Namespace(.pid), Spec.Namespace(.network, path: "/proc/1/ns/net")]
        spec.linux = linux
        let text = try JSONValue.encode(spec).text()
        #expect(try JSONParser.parse(text).decode(Spec.self) == spec)
    }

    @Test func aWrongTypeIsNamedByItsPlace() throws {
        let text = #"{"ociVersion":"1.2.0","process":{"user":{"uid":"root","gid":0},"cwd":"/"}}"#
        let error = #expect(throws: JSONShapeError.self) { try JSONParser.parse(text).decode(Spec.self) }
        #expect(error?.description == "process.user.uid: should be an integer, not a string")
    }
}
