import JSON
import OCISpec

/// An image that is in the store, for one platform.
public struct StoredImage: Sendable {
    /// The name by which it was found or is listed; nil where it was found by id or has lost its name.
    public var reference: Reference?
    /// What the name points to in `index.json`: the image's manifest, or an index of several platforms' manifests.
    public var target: Descriptor
    /// The manifest for the platform.
    public var manifestDescriptor: Descriptor
    /// The manifest.
    public var manifest: Manifest
    /// How it is run, and its layers.
    public var configuration: ImageConfiguration

    /// The image's id: the digest of its configuration, as in Docker.
    public var id: Digest { manifest.config.digest }
    /// What it is for.
    public var platform: Platform {
        Platform(os: configuration.os, architecture: configuration.architecture, variant: configuration.variant)
    }
    /// The compressed layers and the configuration, in bytes.
    public var transferSize: Int64 { manifest.layers.reduce(manifest.config.size) { $0 &+ $1.size } }
}

extension ImageStore {
    /// Decodes a document of the store.
    func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], _ what: String) throws(StoreError) -> Value {
        do {
            return try JSONParser.parse(bytes).decode(type)
        } catch {
            throw .malformed(what: what, reason: "\(error)")
        }
    }

    /// Reads a manifest of the store.
    public func manifest(_ digest: Digest) throws(StoreError) -> Manifest {
        let manifest = try decode(Manifest.self, document(digest), "manifest \(digest)")
        guard manifest.schemaVersion == 2 else {
            throw .malformed(
                what: "manifest \(digest)", reason: "schema version \(manifest.schemaVersion) is not supported")
        }
        return manifest
    }

    /// Reads an index of the store.
    public func index(_ digest: Digest) throws(StoreError) -> Index {
        try decode(Index.self, document(digest), "index \(digest)")
    }

    /// Reads an image configuration of the store.
    public func configuration(_ digest: Digest) throws(StoreError) -> ImageConfiguration {
        try decode(ImageConfiguration.self, document(digest), "image configuration \(digest)")
    }

    /// Reads an image by its manifest.
    func image(manifest descriptor: Descriptor, target: Descriptor, _ reference: Reference?) throws(StoreError)
        -> StoredImage
    {
        let manifest = try manifest(descriptor.digest)
        let configuration = try configuration(manifest.config.digest)
        guard configuration.rootfs.diffIDs.count == manifest.layers.count else {
            throw .malformed(
                what: "image \(manifest.config.digest)",
                reason: "the manifest has \(manifest.layers.count) layers, the configuration "
                    + "\(configuration.rootfs.diffIDs.count)")
        }
        return StoredImage(
            reference: reference, target: target, manifestDescriptor: descriptor, manifest: manifest,
            configuration: configuration)
    }
}
