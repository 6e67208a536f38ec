import RegistryProtocol
import Testing

@testable import RegistryClient

@Test func helpersWithForeignNamesAreNotRun() {
    for name in ["", "../x", "a b", "a/b", "$(x)"] {
        #expect(throws: PullError.self) { try CredentialHelper(name: name).credentials(for: "r") }
    }
}

@Test func helpersAnswersAreRead() throws {
    func read(_ text: String) throws -> Credentials? { try CredentialHelper.read(Array(text.utf8), "h") }
    #expect(try read(#"{"ServerURL":"r","Username":"u","Secret":"s"}"#) == .password(user: "u", secret: "s"))
    #expect(try read(#"{"Username":"<token>","Secret":"s"}"#) == .identityToken("s"))
    #expect(try read(#"{"Username":"","Secret":""}"#) == nil)
    for wrong in ["", "{}", #"{"Username":"u"}"#, "x"] { #expect(throws: PullError.self) { try read(wrong) } }
}
