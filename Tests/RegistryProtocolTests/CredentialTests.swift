import Testing

@testable import RegistryProtocol

private func file(_ text: String) throws -> CredentialFile { try CredentialFile(Array(text.utf8)) }

@Test(arguments: ["docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"])
func loginOfDockerHubIsFoundByAnyOfItsNames(key: String) throws {
    // user:secret:with:colons
    let logins = try file(#"{"auths":{"\#(key)":{"auth":"dXNlcjpzZWNyZXQ6d2l0aDpjb2xvbnM="}}}"#)
    #expect(
        logins.sources(for: "docker.io") == [.file(.password(user: "user", secret: "secret:with:colons"))])
    #expect(logins.sources(for: "quay.io").isEmpty)
}

@Test(arguments: ["r.example:5000", "https://r.example:5000", "http://r.example:5000/v2/"])
func loginIsFoundByHost(key: String) throws {
    let logins = try file(#"{"auths":{"\#(key)":{"username":"u","password":"p"}}}"#)
    #expect(logins.sources(for: "r.example:5000") == [.file(.password(user: "u", secret: "p"))])
    #expect(logins.sources(for: "r.example").isEmpty)
}

@Test func identityTokenIsPreferred() throws {
    let logins = try file(#"{"auths":{"r":{"auth":"dTpw","identitytoken":"t"}}}"#)
    #expect(logins.sources(for: "r") == [.file(.identityToken("t"))])
}

@Test func helpersComeBeforeTheStoreAndBothBeforeTheFile() throws {
    let logins = try file(
        #"{"auths":{"a":{},"b":{"auth":"dTpw"}},"credHelpers":{"a":"one"},"credsStore":"all","HttpHeaders":{"x":1}}"#)
    #expect(logins.sources(for: "a") == [.helper(name: "one", server: "a")])
    #expect(
        logins.sources(for: "b")
            == [.helper(name: "all", server: "b"), .file(.password(user: "u", secret: "p"))])
    #expect(logins.sources(for: "docker.io") == [.helper(name: "all", server: "https://index.docker.io/v1/")])
}

@Test(arguments: [
    "", "[]", #"{"auths":{"r":{"auth":"%%%"}}}"#, #"{"auths":{"r":{"auth":"bm9jb2xvbg=="}}}"#,
    #"{"credHelpers":{"r":1}}"#,
    #"{"auths":{"r":{"auth":"/zp4"}}}"#,
])
func brokenLoginFilesAreRefused(text: String) {
    #expect(throws: (any Error).self) { try file(text) }
}

@Test func basicHeaderIsBase64() {
    #expect(
        Credentials.password(user: "Aladdin", secret: "open sesame").basicHeader == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )
    #expect(Credentials.identityToken("x").basicHeader == nil)
}

@Test func tokensThatNoHeaderCanCarryAreRefused() throws {
    func token(_ text: String) throws -> String { try Token(Array(text.utf8), from: "x").header }
    #expect(try token(#"{"token":"abc","expires_in":60}"#) == "Bearer abc")
    #expect(try token(#"{"access_token":"abc"}"#) == "Bearer abc")
    let long = String(repeating: "x", count: Token.maximumLength + 1)
    for wrong in [
        "", "[]", "{}", #"{"token":""}"#, #"{"token":5}"#, #"{"token":"a\r\nX-Evil: 1"}"#, #"{"token":"a b"}"#,
        #"{"token":"é"}"#, #"{"token":"\#(long)"}"#,
    ] {
        #expect(throws: PullError.self) { try token(wrong) }
    }
}
