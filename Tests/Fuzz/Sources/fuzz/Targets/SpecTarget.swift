import JSON
import OCISpec

@testable import ContainerRuntime

/// A bundle's config.json, as another caller of an OCI runtime could write it, and what is checked of it before anything is
/// touched.
let specTarget = FuzzTarget(name: "spec") { bytes in
    guard let value = try? JSONParser.parse(bytes) else { return }
    check(value, Spec.self)
    guard let spec = try? value.decode(Spec.self) else { return }
    _ = try? ContainerPlan(
        ContainerRequest(id: "fuzz", spec: spec, root: .directory("/"), mountPoint: "/", bundle: "/"))
}
