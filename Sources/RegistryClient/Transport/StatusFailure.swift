import JSON
import RegistryProtocol

extension Transport {
    /// What a status that is no success means. Reads what the server says about it.
    func failure(_ response: Response, what: String) async throws(PullError) -> PullError {
        let place = response.url.shown
        let said: String
        do {
            let body = try await read(response, limit: limits.errorBody, what: "an error")
            said = Self.message(body).map { ": \($0)" } ?? ""
        } catch {
            // What cannot be read explains nothing; the status still does.
            said = ""
        }
        let delay = response.headers.first(name: "Retry-After").flatMap(Self.delay)
        switch response.status {
        case 401, 403: return PullError(.unauthorized, "no access to \(what) at \(place)\(said)")
        case 404, 410: return PullError(.notFound, "there is no \(what) at \(place)\(said)")
        case 429:
            return .transient(
                .rateLimited, "\(response.url.authority) wants fewer requests: wait, or log in (\(place))\(said)",
                delay: delay)
        case 408, 500...599:
            return .transient(
                .server, "\(response.url.authority) failed with status \(response.status) (\(place))\(said)",
                delay: delay)
        default:
            return PullError(
                .server, "\(response.url.authority) answered with status \(response.status) (\(place))\(said)")
        }
    }

    /// The text of an error document (distribution-spec, "Error Codes").
    static func message(_ body: [UInt8]) -> String? {
        guard let document = try? JSONParser.parse(body), let first = document["errors"]?.arrayValue?.first else {
            return nil
        }
        let parts = [first["code"], first["message"]].compactMap { $0?.stringValue }.filter { !$0.isEmpty }
        return parts.isEmpty ? nil : String(foreign: parts.joined(separator: ": "))
    }

    /// `Retry-After` in seconds (RFC 9110, section 10.2.3). A date is not looked at: our own waiting does.
    static func delay(_ header: String) -> Duration? {
        guard header.utf8.count <= 9, let seconds = UInt32(header) else { return nil }
        return .seconds(Int64(seconds))
    }
}
