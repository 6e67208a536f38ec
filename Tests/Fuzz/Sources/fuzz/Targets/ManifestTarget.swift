import JSON
import OCISpec

/// Manifests, indexes and image configurations, as registries and archives give them.
let manifestTarget = FuzzTarget(name: "manifest") { bytes in
    guard let value = try? JSONParser.parse(bytes) else { return }
    check(value, Manifest.self)
    check(value, Index.self)
    check(value, ImageConfiguration.self)
}

/// What is decoded is the same after it was written.
func check<Value: Codable & Equatable>(_ value: JSONValue, _ type: Value.Type) {
    guard let decoded = try? value.decode(type) else { return }
    guard let encoded = try? JSONValue.encode(decoded), let again = try? encoded.decode(type), again == decoded else {
        fatalError("\(type) changes when it is written")
    }
}
