extension JSONValue {
    /// Encodes a value of a `Codable` type; members stand in the order in which the type encodes them.
    public static func encode<Value: Encodable>(_ value: Value) throws(JSONShapeError) -> JSONValue {
        do {
            return try ValueEncoder.encoded(value, at: [])
        } catch let error as EncodingError {
            throw JSONShapeError(path: "", reason: "\(error)")
        } catch {
            throw JSONShapeError(path: "", reason: "\(error)")
        }
    }
}

extension JSONValue: Codable {
    /// Takes whatever stands there.
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? ValueDecoder else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "only decodes from JSON"))
        }
        self = decoder.value
    }

    /// Stands as it is.
    public func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? ValueEncoder else {
            throw EncodingError.invalidValue(
                self, EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "only encodes to JSON"))
        }
        encoder.result = self
    }
}

/// Collects what one value encodes. A class, for containers write into it after they were handed out.
final class ValueEncoder: Encoder {
    let codingPath: [any CodingKey]
    var result: JSONValue?
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ codingPath: [any CodingKey]) {
        self.codingPath = codingPath
    }

    static func encoded<Value: Encodable>(_ value: Value, at path: [any CodingKey]) throws -> JSONValue {
        let encoder = ValueEncoder(path)
        try value.encode(to: encoder)
        return encoder.result ?? .object(JSONObject())
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if result == nil { result = .object(JSONObject()) }
        return KeyedEncodingContainer(ObjectEncoder(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if result == nil { result = .array([]) }
        return ArrayEncoder(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { ScalarEncoder(encoder: self) }

    func append(_ value: JSONValue) {
        guard case .array(var elements)? = result else { return }
        result = nil
        elements.append(value)
        result = .array(elements)
    }

    func set(_ key: String, _ value: JSONValue) {
        guard case .object(var object)? = result else { return }
        result = nil
        object[key] = value
        result = .object(object)
    }
}

private struct ObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) { encoder.set(key.stringValue, .null) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        encoder.set(key.stringValue, try ValueEncoder.encoded(value, at: codingPath + [key]))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { preconditionFailure("no type of ours encodes nested containers") }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        preconditionFailure("no type of ours encodes nested containers")
    }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { encoder }
}

private struct ArrayEncoder: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.result?.arrayValue?.count ?? 0 }

    func encodeNil() { encoder.append(.null) }
    func encode<Value: Encodable>(_ value: Value) throws {
        encoder.append(try ValueEncoder.encoded(value, at: codingPath + [IndexKey(count)]))
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("no type of ours encodes nested containers")
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        preconditionFailure("no type of ours encodes nested containers")
    }
    func superEncoder() -> any Encoder { encoder }
}

private struct ScalarEncoder: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.result = .null }
    func encode(_ value: Bool) { encoder.result = .bool(value) }
    func encode(_ value: String) { encoder.result = .string(value) }
    func encode(_ value: Double) { encoder.result = .double(value) }
    func encode(_ value: Float) { encoder.result = .double(Double(value)) }
    func encode(_ value: Int) { integer(value) }
    func encode(_ value: Int8) { integer(value) }
    func encode(_ value: Int16) { integer(value) }
    func encode(_ value: Int32) { integer(value) }
    func encode(_ value: Int64) { integer(value) }
    func encode(_ value: UInt) { integer(value) }
    func encode(_ value: UInt8) { integer(value) }
    func encode(_ value: UInt16) { integer(value) }
    func encode(_ value: UInt32) { integer(value) }
    func encode(_ value: UInt64) { integer(value) }
    func encode<Value: Encodable>(_ value: Value) throws {
        encoder.result = try ValueEncoder.encoded(value, at: codingPath)
    }

    private func integer(_ value: some BinaryInteger) {
        if let number = Int64(exactly: value) {
            encoder.result = .integer(number)
        } else {
            encoder.result = .unsigned(UInt64(value))
        }
    }
}
