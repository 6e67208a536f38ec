import JSON

/// JSON itself: what is written is read back as the same.
let jsonTarget = FuzzTarget(name: "json") { bytes in
    guard let value = try? JSONParser.parse(bytes) else { return }
    let written = value.bytes()
    guard let again = try? JSONParser.parse(written), again.bytes() == written else {
        fatalError("what was written is not what is read: \(String(decoding: written, as: UTF8.self))")
    }
}
