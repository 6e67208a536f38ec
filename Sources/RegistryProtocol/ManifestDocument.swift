import JSON
import OCISpec

/// What a registry gives for a tag or a manifest's digest.
public enum ManifestDocument: Sendable, Equatable {
    /// The manifest of one image.
    case manifest(Manifest)
    /// Manifests for several platforms.
    case index(Index)

    /// What is asked for, in the `Accept` header: all that can be understood.
    package static let accepted = [
        MediaType.index, MediaType.dockerList, MediaType.manifest, MediaType.dockerManifest,
    ]

    /// Reads a document, and the media type that it has. Strangers wrote the bytes.
    ///
    /// The type is what the document says, else what the server says, else what the members say; where they contradict each
    /// other the document is refused, for different readers could take it for different images (distribution-spec,
    /// "Backwards Compatibility"; CVE-2021-41190).
    ///
    /// - Parameters:
    ///   - contentType: the server's `Content-Type`; its parameters are passed over.
    ///   - what: a name for messages.
    public static func read(
        _ bytes: [UInt8], contentType: String?, what: String
    ) throws(PullError) -> (document: ManifestDocument, mediaType: String) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw PullError(.server, "\(what) is \(error)")
        }
        let served = contentType.map { mediaType(of: $0) } ?? ""
        try refuseFirstSchema(value, served, what)
        let stated = value["mediaType"]?.stringValue
        let hasManifests = value["manifests"] != nil
        let hasImage = value["layers"] != nil || value["config"] != nil || value["fsLayers"] != nil
        guard hasManifests != hasImage else {
            throw PullError(
                .unsupported, "\(what) is neither a manifest nor an index\(hasManifests ? ", but both at once" : "")")
        }
        for type in [stated, isKnown(served) ? served : nil].compactMap({ $0 }) {
            guard hasManifests ? MediaType.isIndex(type) : MediaType.isManifest(type) else {
                throw PullError(
                    .unsupported,
                    "\(what) has the members of \(hasManifests ? "an index" : "a manifest"), but the type "
                        + "'\(String(foreign: type))'")
            }
        }
        let fallback = hasManifests ? MediaType.index : MediaType.manifest
        let type = stated ?? (isKnown(served) ? served : fallback)
        do {
            return (
                hasManifests ? .index(try value.decode(Index.self)) : .manifest(try value.decode(Manifest.self)), type
            )
        } catch {
            throw PullError(.unsupported, "\(what): \(String(foreign: "\(error)"))")
        }
    }

    private static func isKnown(_ type: String) -> Bool { accepted.contains(type) }

    /// The type alone, in lower case, without parameters such as `charset`.
    private static func mediaType(of header: String) -> String {
        let type = header.prefix { $0 != ";" }
        return type.split(whereSeparator: \.isWhitespace).first.map { $0.lowercased() } ?? ""
    }

    private static func refuseFirstSchema(
        _ value: JSONValue, _ served: String, _ what: String
    ) throws(PullError) {
        let isOld = served.hasPrefix("application/vnd.docker.distribution.manifest.v1+")
        if isOld || value["schemaVersion"] == .integer(1) {
            throw PullError(
                .unsupported,
                "\(what) has schema version 1, which Docker gave up: push the image again with a tool of today")
        }
        guard value["schemaVersion"] == .integer(2) else {
            throw PullError(.unsupported, "\(what) is no manifest of schema version 2")
        }
    }
}

extension Manifest {
    /// Refuses what is no image that can be run, and sizes that no image has.
    package func check(_ limits: PullLimits, what: String) throws(PullError) {
        guard [MediaType.configuration, MediaType.dockerConfiguration].contains(config.mediaType) else {
            throw PullError(
                .unsupported,
                "\(what) is no container image: its configuration has the type '\(String(foreign: config.mediaType))'")
        }
        if layers.count > limits.layers {
            throw PullError(.refused, "\(what) has \(layers.count) layers: more than \(limits.layers)")
        }
        guard (1...Int64(limits.document)).contains(config.size) else {
            throw PullError(.refused, "\(what) has a configuration of \(config.size) bytes")
        }
        var sum: Int64 = 0
        for layer in layers {
            guard Self.layerTypes.contains(layer.mediaType) else {
                throw PullError(
                    .unsupported,
                    "\(what) has a layer of the type '\(String(foreign: layer.mediaType))', which no root "
                        + "file system is made of")
            }
            guard (0...limits.image).contains(layer.size), sum + layer.size <= limits.image else {
                throw PullError(.refused, "\(what) has layers of more than \(limits.image) bytes")
            }
            sum += layer.size
        }
    }

    /// Layers that hold a root file system. Those that are not to be distributed are asked for like others, never at the
    /// URLs that a manifest names.
    private static let layerTypes: Set<String> = [
        MediaType.layer, MediaType.layerGzip, MediaType.layerZstd, MediaType.dockerLayer,
        "application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ]
}

extension Index {
    /// What may hold the image for a platform, the likeliest first: manifests that name it, then indexes, then manifests
    /// that do not say what they are for.
    public func candidates(for wanted: Platform) -> [Descriptor] {
        var exact: [Descriptor] = []
        var close: [Descriptor] = []
        var indexes: [Descriptor] = []
        var silent: [Descriptor] = []
        let variant = Platform(os: wanted.os, architecture: wanted.architecture, variant: wanted.variant)
            .effectiveVariant
        for descriptor in manifests {
            if MediaType.isIndex(descriptor.mediaType) {
                if descriptor.platform.map(wanted.accepts) ?? true { indexes.append(descriptor) }
            } else if MediaType.isManifest(descriptor.mediaType) {
                guard let platform = descriptor.platform else {
                    silent.append(descriptor)
                    continue
                }
                guard wanted.accepts(platform) else { continue }
                if platform.effectiveVariant == variant { exact.append(descriptor) } else { close.append(descriptor) }
            }
        }
        return exact + close + indexes + silent
    }

    /// The platforms that it names. Attestations stand beside the images and are for the platform "unknown".
    package var platforms: [Platform] { manifests.compactMap(\.platform).filter { $0.os != "unknown" } }
}
