/// A type that reads itself from a JSON value without the machinery of `Decodable`, whose generic containers are made anew at
/// run time for each type and each process: for what is read on the way of `hull run`. It is decodable, too.
public protocol JSONReadable: Decodable {
    /// Reads the value.
    ///
    /// - Throws: where it has another shape; the path begins at this value.
    init(json: JSONValue) throws(JSONShapeError)
}

extension JSONReadable {
    /// Decodes from JSON only.
    public init(from decoder: any Decoder) throws {
        let value = try JSONValue(from: decoder)
        do throws(JSONShapeError) {
            try self.init(json: value)
        } catch {
            throw error.within(JSONValue.path(decoder.codingPath))
        }
    }
}

extension JSONValue {
    /// The member of this object with a name.
    ///
    /// - Throws: where this is no object, has no such member, or one of another shape.
    public func read<Value: JSONReadable>(_ key: String) throws(JSONShapeError) -> Value {
        guard let value: Value = try readOptional(key, nullIsAbsent: false) else {
            throw JSONShapeError(path: key, reason: "is missing")
        }
        return value
    }

    /// The member of this object with a name; nil where there is none or it is null.
    ///
    /// - Throws: where this is no object, or the member has another shape.
    public func readOptional<Value: JSONReadable>(_ key: String) throws(JSONShapeError) -> Value? {
        try readOptional(key, nullIsAbsent: true)
    }

    private func readOptional<Value: JSONReadable>(
        _ key: String, nullIsAbsent: Bool
    ) throws(JSONShapeError) -> Value? {
        guard case .object(let object) = self else { throw mismatch("an object") }
        guard let value = object[key] else { return nil }
        if nullIsAbsent, case .null = value { return nil }
        do throws(JSONShapeError) {
            return try Value(json: value)
        } catch {
            throw error.within(key)
        }
    }

    func mismatch(_ expected: String) -> JSONShapeError {
        JSONShapeError(path: "", reason: "should be \(expected), not \(kind)")
    }

    /// A whole number.
    func integer<Number: FixedWidthInteger>() throws(JSONShapeError) -> Number {
        let exact: Number? =
            switch self {
            case .integer(let number): Number(exactly: number)
            case .unsigned(let number): Number(exactly: number)
            case .double(let number): Number(exactly: number)
            default: throw mismatch("an integer")
            }
        guard let exact else {
            throw JSONShapeError(path: "", reason: "is out of range (\(Number.min) to \(Number.max))")
        }
        return exact
    }
}

extension JSONShapeError {
    /// The same error, seen from the object or array that contains the value.
    func within(_ place: String) -> JSONShapeError {
        let separator = place.isEmpty || path.isEmpty || path.hasPrefix("[") ? "" : "."
        return JSONShapeError(path: place + separator + path, reason: reason)
    }
}

extension String: JSONReadable {
    /// Reads a string.
    public init(json: JSONValue) throws(JSONShapeError) {
        guard case .string(let text) = json else { throw json.mismatch("a string") }
        self = text
    }
}

extension Bool: JSONReadable {
    /// Reads a boolean.
    public init(json: JSONValue) throws(JSONShapeError) {
        guard case .bool(let flag) = json else { throw json.mismatch("a boolean") }
        self = flag
    }
}

extension Int: JSONReadable {
    /// Reads a whole number.
    public init(json: JSONValue) throws(JSONShapeError) { self = try json.integer() }
}

extension Int64: JSONReadable {
    /// Reads a whole number.
    public init(json: JSONValue) throws(JSONShapeError) { self = try json.integer() }
}

extension Array: JSONReadable where Element: JSONReadable {
    /// Reads an array.
    public init(json: JSONValue) throws(JSONShapeError) {
        guard case .array(let values) = json else { throw json.mismatch("an array") }
        self = []
        reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            do throws(JSONShapeError) { append(try Element(json: value)) } catch { throw error.within("[\(index)]") }
        }
    }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    /// Reads an object by its members; of two with the same name the later one counts.
    public init(json: JSONValue) throws(JSONShapeError) {
        guard case .object(let object) = json else { throw json.mismatch("an object") }
        self = [:]
        for member in object.members {
            do throws(JSONShapeError) {
                self[member.key] = try Value(json: member.value)
            } catch {
                throw error.within(member.key)
            }
        }
    }
}
