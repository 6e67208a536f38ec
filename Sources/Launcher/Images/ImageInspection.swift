import ImageStore
import JSON
import OCISpec

/// What `inspect` tells of an image, in the form of Docker's API.
public func inspectImage(_ name: String, in store: ImageStore, platform: Platform? = nil) throws -> JSONValue {
    let image = try store.resolve(name, platform: platform)
    var tags: [String] = []
    var digests: [String] = []
    for other in try store.images() where other.id == image.id {
        guard let reference = other.reference else { continue }
        if let tag = reference.tag { tags.append("\(reference.familiarName):\(tag)") }
        let text = "\(reference.familiarName)@\(other.target.digest)"
        if !digests.contains(text) { digests.append(text) }
    }
    let configuration = image.configuration
    var object: JSONValue = [
        "Id": .string(image.id.description),
        "RepoTags": .array(tags.map { .string($0) }),
        "RepoDigests": .array(digests.map { .string($0) }),
        "Comment": .string(configuration.history?.last?.comment ?? ""),
        "Created": .string(configuration.created ?? ""),
        "Author": .string(configuration.author ?? ""),
        "Config": try JSONValue.encode(configuration.config ?? ImageConfiguration.Execution()),
        "Architecture": .string(configuration.architecture),
        "Variant": .string(configuration.variant ?? ""),
        "Os": .string(configuration.os),
        "Size": .integer(try store.size(of: image)),
        "RootFS": [
            "Type": "layers", "Layers": .array(configuration.rootfs.diffIDs.map { .string($0.description) }),
        ],
        "Descriptor": try JSONValue.encode(image.target),
    ]
    if let directories = try? store.layerDirectories(image) {
        var data: JSONValue = ["UpperLayer": .string(directories.first ?? "")]
        if directories.count > 1, case .object(var members) = data {
            members["LowerDir"] = .string(directories.dropFirst().joined(separator: ":"))
            data = .object(members)
        }
        if case .object(var members) = object {
            members["GraphDriver"] = ["Name": "overlay2", "Data": data]
            object = .object(members)
        }
    }
    return object
}
