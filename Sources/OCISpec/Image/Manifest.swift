import JSON

/// The manifest of one image for one platform (image-spec, manifest.md; Docker's schema 2 has the same shape).
public struct Manifest: Codable, JSONReadable, Equatable, Sendable {
    /// Always 2.
    public var schemaVersion: Int
    /// The manifest's own media type; OCI manifests may leave it out.
    public var mediaType: String?
    /// The image configuration.
    public var config: Descriptor
    /// The layers, lowest first.
    public var layers: [Descriptor]
    /// Free notes.
    public var annotations: [String: String]?

    /// Makes a manifest.
    public init(mediaType: String? = MediaType.manifest, config: Descriptor, layers: [Descriptor]) {
        schemaVersion = 2
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
    }

    /// Reads an object.
    public init(json: JSONValue) throws(JSONShapeError) {
        schemaVersion = try json.read("schemaVersion")
        mediaType = try json.readOptional("mediaType")
        config = try json.read("config")
        layers = try json.read("layers")
        annotations = try json.readOptional("annotations")
    }
}

/// An image index, or Docker's manifest list: one name for several platforms (image-spec, image-index.md). The
/// `index.json` of an image layout has this form too.
public struct Index: Codable, JSONReadable, Equatable, Sendable {
    /// Always 2.
    public var schemaVersion: Int
    /// The index's own media type; may be left out.
    public var mediaType: String?
    /// The manifests, or further indexes.
    public var manifests: [Descriptor]
    /// Free notes.
    public var annotations: [String: String]?

    /// Makes an index.
    public init(manifests: [Descriptor]) {
        schemaVersion = 2
        mediaType = MediaType.index
        self.manifests = manifests
    }

    /// Reads an object.
    public init(json: JSONValue) throws(JSONShapeError) {
        schemaVersion = try json.read("schemaVersion")
        mediaType = try json.readOptional("mediaType")
        manifests = try json.read("manifests")
        annotations = try json.readOptional("annotations")
    }
}
