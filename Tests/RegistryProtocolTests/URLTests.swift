import OCISpec
import Testing

@testable import RegistryProtocol

@Test(arguments: [
    ("docker.io/library/busybox", "https://registry-1.docker.io/v2/"),
    ("quay.io/a/b", "https://quay.io/v2/"),
    ("example.com:5000/a", "https://example.com:5000/v2/"),
    ("[::1]:5000/a", "https://[::1]:5000/v2/"),
])
func referenceLeadsToItsRegistry(reference: String, url: String) throws {
    let endpoint = Endpoint(registry: try Reference(reference).registry, trust: Trust())
    #expect(endpoint.url(.https, "/v2/").description == url)
}

@Test(arguments: [
    ("localhost:5000", Endpoint.Security.verifiedOrPlain), ("127.0.0.1", .verifiedOrPlain),
    ("127.1.2.3:80", .verifiedOrPlain), ("[::1]:5000", .verifiedOrPlain), ("127.evil.example", .verified),
    ("127.0.0.1.evil.example", .verified), ("localhost.evil.example", .verified), ("docker.io", .verified),
    ("lan:5000", .insecure),
])
func onlyThisMachineAndNamedServersMayBePlain(registry: String, security: Endpoint.Security) {
    #expect(Endpoint(registry: registry, trust: Trust(insecure: ["lan:5000"])).security == security)
}

@Test func certificatesThatAreNamedAreChecked() {
    #expect(Trust(certificates: "/ca.pem").security(of: "127.0.0.1:5000") == .verified)
}

@Test func mirrorsAreReadAsConfigured() throws {
    let trust = Trust(insecure: ["lan:5000"])
    #expect(try Endpoint(mirror: "https://m.example/", trust: trust).security == .verified)
    #expect(try Endpoint(mirror: "http://127.0.0.1:5000", trust: trust).security == .plain)
    #expect(try Endpoint(mirror: "http://lan:5000", trust: trust).security == .plain)
    #expect(try Endpoint(mirror: "lan:5000", trust: trust).security == .insecure)
    for wrong in ["http://m.example", "https://m.example/path", "ftp://m.example", "https://u@m.example", ""] {
        #expect(throws: PullError.self) { try Endpoint(mirror: wrong, trust: trust) }
    }
}

private let start = RegistryURL(scheme: .https, host: "r.example", target: "/v2/a/blobs/x?y=1")

@Test(arguments: [
    ("/z", "https://r.example/z"), ("z?q", "https://r.example/v2/a/blobs/z?q"),
    ("?q", "https://r.example/v2/a/blobs/x?q"),
    ("//s.example:44/z", "https://s.example:44/z"), ("https://S.example", "https://s.example/"),
    ("https://s.example:443/a b#c", "https://s.example/a%20b"), ("HTTPS://s.example/é", "https://s.example/%C3%A9"),
])
func locationsAreResolved(location: String, url: String) throws {
    #expect(try start.resolving(location).description == url)
}

@Test(arguments: [
    "file:///etc/passwd", "ftp://s.example/", "unix:/run/x", "http+unix://x/", "javascript:1", "https:", "https://",
    "https:///x", "https://user:secret@s.example/", "https://s.example:0/", "https://s.example:99999/",
    "https://s exa/",
    "https://[::1/", "https://[x]/", "https://s.example\r\nX: y/", "https://" + String(repeating: "a", count: 20_000),
])
func foreignLocationsAreRefused(location: String) {
    var redirection = Redirection(start, limit: 5)
    let error = #expect(throws: PullError.self) { try redirection.follow(location) }
    #expect(error?.kind == .refused)
}

@Test func redirectsNeverLeaveTLS() {
    var redirection = Redirection(start, limit: 5)
    let error = #expect(throws: PullError.self) { try redirection.follow("http://r.example/") }
    #expect(error?.kind == .refused)
}

@Test func redirectsAreCounted() throws {
    var redirection = Redirection(start, limit: 2)
    try redirection.follow("/1")
    try redirection.follow("/2")
    #expect(throws: PullError.self) { try redirection.follow("/3") }
    #expect(throws: PullError.self) { try redirection.follow(nil) }
}

@Test func credentialsStayWithTheirServer() throws {
    var redirection = Redirection(RegistryURL(scheme: .http, host: "r.example", target: "/"), limit: 9)
    try redirection.follow("/other")
    #expect(redirection.carriesCredentials)
    for other in ["https://r.example/", "http://r.example:81/", "http://s.example/"] {
        var leaving = redirection
        try leaving.follow(other)
        #expect(!leaving.carriesCredentials)
    }
    try redirection.follow("//s.example/")
    try redirection.follow("//r.example/")
    #expect(!redirection.carriesCredentials, "who was elsewhere does not get them back")
}

@Test func foreignTextCannotWriteOnTheTerminal() {
    let text = String(foreign: "a\u{1B}[2Jb\r\nc\u{202E}d\u{9B}e" + String(repeating: "x", count: 1000))
    #expect(text.hasPrefix("a [2Jb  c d e"))
    #expect(text.unicodeScalars.count == 200)
}
