import Testing

@testable import RegistryClient
@testable import RegistryProtocol

@Test func tokensAreFetchedOverTLSOrFromThisMachine() throws {
    let far = Endpoint(registry: "r.example", trust: Trust())
    let near = Endpoint(registry: "127.0.0.1:5000", trust: Trust())
    func realm(_ text: String, _ endpoint: Endpoint) throws -> String {
        try Authorization.realm(Challenge(scheme: "bearer", parameters: ["realm": text]), of: endpoint).description
    }
    #expect(try realm("https://auth.example/token", far) == "https://auth.example/token")
    #expect(try realm("http://127.0.0.1:5001/token", near) == "http://127.0.0.1:5001/token")
    for text in ["http://r.example/token", "http://127.0.0.1/token", "file:///x", "", "/token"] {
        #expect(throws: PullError.self) { try realm(text, far) }
    }
    #expect(throws: PullError.self) { try realm("http://auth.example/token", near) }
}

@Test(arguments: [("5", 5), ("0", 0)])
func waitsAreRead(text: String, seconds: Int) { #expect(Transport.delay(text) == .seconds(seconds)) }

@Test(arguments: ["", "-1", "99999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "1e9"])
func otherWaitsAreNotGuessedAt(text: String) { #expect(Transport.delay(text) == nil) }

@Test func waitsAreBounded() {
    let limits = PullLimits()
    #expect(limits.delay(after: 1, asked: .seconds(1_000_000)) == limits.longestBackoff)
    #expect(limits.delay(after: 1_000_000, asked: nil) == limits.longestBackoff)
    #expect(limits.delay(after: 1, asked: .seconds(3)) == .seconds(3))
}
