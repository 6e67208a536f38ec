import JSON

/// Media types of manifests, configurations and layers: OCI's (image-spec, media-types.md) and Docker's schema 2.
public enum MediaType {
    /// An OCI image index.
    public static let index = "application/vnd.oci.image.index.v1+json"
    /// An OCI image manifest.
    public static let manifest = "application/vnd.oci.image.manifest.v1+json"
    /// An OCI image configuration.
    public static let configuration = "application/vnd.oci.image.config.v1+json"
    /// An uncompressed OCI layer.
    public static let layer = "application/vnd.oci.image.layer.v1.tar"
    /// An OCI layer compressed by gzip.
    public static let layerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    /// An OCI layer compressed by zstd.
    public static let layerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    /// Docker's manifest list.
    public static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    /// Docker's manifest, schema 2.
    public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    /// Docker's image configuration.
    public static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"
    /// Docker's layer, compressed by gzip.
    public static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip"

    /// Whether it names an index or a manifest list.
    public static func isIndex(_ type: String) -> Bool { type == index || type == dockerList }
    /// Whether it names a manifest of one image.
    public static func isManifest(_ type: String) -> Bool { type == manifest || type == dockerManifest }
}

/// A reference to a blob by digest, type and size (image-spec, descriptor.md).
public struct Descriptor: Codable, JSONReadable, Hashable, Sendable {
    /// The blob's media type.
    public var mediaType: String
    /// The blob's digest.
    public var digest: Digest
    /// The blob's size in bytes.
    public var size: Int64
    /// Where else the blob may be had.
    public var urls: [String]?
    /// Free notes; in an index.json `org.opencontainers.image.ref.name` names the image.
    public var annotations: [String: String]?
    /// What a manifest within an index is for.
    public var platform: Platform?

    /// Makes a descriptor.
    public init(
        mediaType: String, digest: Digest, size: Int64, annotations: [String: String]? = nil,
        platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
    }

    /// Reads an object.
    public init(json: JSONValue) throws(JSONShapeError) {
        mediaType = try json.read("mediaType")
        digest = try json.read("digest")
        size = try json.read("size")
        urls = try json.readOptional("urls")
        annotations = try json.readOptional("annotations")
        platform = try json.readOptional("platform")
    }
}

/// The machine and system that an image is for (image-spec, image-index.md).
public struct Platform: Codable, JSONReadable, Hashable, Sendable, CustomStringConvertible {
    /// As Go names it: `amd64`, `arm64`.
    public var architecture: String
    /// As Go names it: `linux`.
    public var os: String
    /// The variant of the processor, as `v8` for arm64.
    public var variant: String?
    /// The version of the system.
    public var osVersion: String?

    enum CodingKeys: String, CodingKey {
        case architecture, os, variant
        case osVersion = "os.version"
    }

    /// Makes a platform.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// Reads an object.
    public init(json: JSONValue) throws(JSONShapeError) {
        architecture = try json.read("architecture")
        os = try json.read("os")
        variant = try json.readOptional("variant")
        osVersion = try json.readOptional("os.version")
    }

    /// What Hull runs on.
    public static let host = Platform(os: "linux", architecture: "amd64")

    /// Parses `os/arch[/variant]`, or an architecture alone, for linux.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.isEmpty, parts.count <= 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        if parts.count == 1 {
            self.init(os: "linux", architecture: Self.normalized(parts[0]))
        } else {
            self.init(
                os: parts[0], architecture: Self.normalized(parts[1]), variant: parts.count == 3 ? parts[2] : nil)
        }
    }

    private static func normalized(_ architecture: String) -> String {
        switch architecture {
        case "x86_64", "x86-64": "amd64"
        case "aarch64": "arm64"
        default: architecture
        }
    }

    /// The text for people.
    public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }

    /// The variant, or the one that is meant where none is named (containerd's platforms package).
    public var effectiveVariant: String? {
        if let variant, !variant.isEmpty { return variant }
        switch architecture {
        case "amd64": return "v1"
        case "arm": return "v7"
        case "arm64": return "v8"
        default: return nil
        }
    }

    /// Whether an image for `other` serves one who asks for this platform.
    public func accepts(_ other: Platform) -> Bool {
        os == other.os && architecture == other.architecture
            && (variant == nil || effectiveVariant == other.effectiveVariant)
    }
}
