import OCISpec

/// What a user, a registry or an archive calls an image. What is normal stays as it is.
let referenceTarget = FuzzTarget(name: "reference") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard let reference = try? Reference(text) else { return }
    guard let again = try? Reference(reference.description), again == reference else {
        fatalError("not stable: \(reference)")
    }
}
