import JSON
import OCISpec

/// A bundle's config.json, as another caller of an OCI runtime could write it.
let specTarget = FuzzTarget(name: "spec") { bytes in
    guard let value = try? JSONParser.parse(bytes) else { return }
    check(value, Spec.self)
}
