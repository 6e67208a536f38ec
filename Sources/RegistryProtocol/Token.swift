import JSON

/// What a token endpoint gives (distribution's "Token Authentication Specification").
package struct Token: Equatable {
    /// The value of an `Authorization` header.
    package let header: String

    /// Bytes of a token, at most: it travels in a header, and servers take some ten thousand there.
    static let maximumLength = 64 << 10

    /// Reads the endpoint's answer.
    ///
    /// - Parameter place: the endpoint, for messages.
    package init(_ answer: [UInt8], from place: String) throws(PullError) {
        let document: JSONValue
        do {
            document = try JSONParser.parse(answer)
        } catch {
            throw PullError(.server, "the token endpoint \(place) gave an answer that is \(error)")
        }
        // OAuth2 calls it access_token.
        let text = [document["token"], document["access_token"]].compactMap { $0?.stringValue }.first { !$0.isEmpty }
        guard let text else { throw PullError(.server, "the token endpoint \(place) gave no token") }
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw PullError(.server, "the token endpoint \(place) gave a token that no header can carry")
        }
        header = "Bearer \(text)"
    }
}
