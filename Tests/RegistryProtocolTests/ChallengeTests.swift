import Testing

@testable import RegistryProtocol

@Test func bearerChallengeIsRead() {
    let challenges = Challenge.parse(
        #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#)
    #expect(
        challenges == [
            Challenge(
                scheme: "bearer",
                parameters: [
                    "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                    "scope": "repository:a/b:pull,push",
                ])
        ])
}

@Test func severalChallengesInOneHeaderAreTold() {
    let challenges = Challenge.parse(#"Basic realm="x y", Bearer realm="https://a/", Negotiate"#)
    #expect(challenges.map(\.scheme) == ["basic", "bearer", "negotiate"])
    #expect(challenges[0].parameters == ["realm": "x y"])
    #expect(challenges[1].parameters == ["realm": "https://a/"])
}

@Test func quotedPairsAndSpacesAreUnderstood() {
    let challenges = Challenge.parse(#"  BASIC  Realm = "a\"b\\c" , charset=UTF-8"#)
    #expect(challenges == [Challenge(scheme: "basic", parameters: ["realm": #"a"b\c"#, "charset": "UTF-8"])])
}

@Test(arguments: [
    "", ",,,", "=", #"Bearer realm="never ends"#, #"Bearer realm="\"#, "Bearer =x", "Bearer realm=", "\u{0}",
    "Bearer é=1",
])
func brokenChallengesAreNotGuessedAt(header: String) {
    #expect(Challenge.parse(header).allSatisfy { $0.parameters.isEmpty })
}

@Test func challengesAreBounded() {
    #expect(Challenge.parse(String(repeating: "Basic, ", count: 1000)).count == Challenge.limit)
    let many = "Bearer " + (0..<1000).map { "p\($0)=x" }.joined(separator: ",")
    #expect(Challenge.parse(many).first?.parameters.count ?? 0 <= Challenge.limit + 1)
}

@Test func firstOfTwoParametersCounts() {
    #expect(Challenge.parse(#"Bearer realm="a",realm="b""#).first?.parameters["realm"] == "a")
}
