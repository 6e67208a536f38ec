import JSON
import Yams

extension Suite {
    /// Reads the text of a suite file.
    ///
    /// - Throws: what is wrong with it, by Yams where it is no YAML.
    public init(yaml text: String) throws {
        guard let node = try Yams.compose(yaml: text) else {
            throw SuiteError(place: "", reason: "is empty")
        }
        var room = Self.maximumValues
        try self.init(Self.value(node, depth: 0, &room))
    }

    /// Most values in a file. What has an anchor can be there many times, and in itself many times again: a small file would
    /// be a huge value.
    private static let maximumValues = 100_000

    /// YAML as the values of JSON, of which it has all.
    ///
    /// - Parameter room: how many more values there may be.
    private static func value(_ node: Node, depth: Int, _ room: inout Int) throws -> JSONValue {
        guard depth < 16 else { throw SuiteError(place: "", reason: "is nested deeper than 16") }
        guard room > 0 else { throw SuiteError(place: "", reason: "has more than \(maximumValues) values") }
        room -= 1
        switch node {
        case .scalar(let scalar):
            // Only what stands without quotation marks can be anything but text.
            if scalar.style != .plain { return .string(scalar.string) }
            return if let flag = Bool.construct(from: scalar) {
                .bool(flag)
            } else if let number = Int.construct(from: scalar) {
                .integer(Int64(number))
            } else if let number = Double.construct(from: scalar) {
                .double(number)
            } else if scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null" {
                .null
            } else {
                .string(scalar.string)
            }
        case .sequence(let sequence): return .array(try sequence.map { try value($0, depth: depth + 1, &room) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, member) in mapping {
                guard let name = key.string else { throw SuiteError(place: "", reason: "has a name that is no text") }
                object[name] = try value(member, depth: depth + 1, &room)
            }
            return .object(object)
        case .alias: throw SuiteError(place: "", reason: "has an alias, which suites do not need")
        }
    }
}
