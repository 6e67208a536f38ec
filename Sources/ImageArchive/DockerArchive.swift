import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// An image in a docker-archive's `manifest.json` (moby's image specification v1.2, "Combined Image JSON + Filesystem
/// Changeset Format").
struct DockerArchiveItem: Codable {
    var config: String
    var repoTags: [String]?
    var layers: [String]

    enum CodingKeys: String, CodingKey {
        case config = "Config"
        case repoTags = "RepoTags"
        case layers = "Layers"
    }
}

extension ImageLoader {
    /// The images of a docker-archive. Where it is an OCI layout too, their own manifests are taken over.
    func dockerImages(
        _ list: ForeignFile, _ files: any ForeignFiles, layout: ForeignFile?
    ) throws(ArchiveError) -> [ForeignImage] {
        let items = try decode([DockerArchiveItem].self, list, "manifest.json")
        var originals: [Digest: Descriptor] = [:]
        if let layout {
            for descriptor in try decode(Index.self, layout, "index.json").manifests
            where MediaType.isManifest(descriptor.mediaType) {
                guard let manifest = try completeManifest(descriptor, files) else { continue }
                originals[manifest.config.digest] = descriptor
            }
        }
        var images: [ForeignImage] = []
        for item in items {
            let references = try (item.repoTags ?? []).map { (text) throws(ArchiveError) in try reference(text) }
            guard let config = try files.file(item.config) else {
                throw .malformed("manifest.json names '\(item.config.prefix(200))', which is missing")
            }
            try verifyName(item.config, config)
            var target = originals[config.digest]
            if target == nil { target = try makeManifest(item, config, files) }
            if var target {
                target.annotations = nil
                images.append(ForeignImage(target: target, references: references))
            }
        }
        return images
    }

    func reference(_ text: String) throws(ArchiveError) -> Reference {
        do throws(ReferenceError) {
            return try Reference(text)
        } catch {
            throw .store(.invalidReference(error))
        }
    }

    /// A configuration is named by its digest, with or without `.json`.
    private func verifyName(_ path: String, _ file: ForeignFile) throws(ArchiveError) {
        var name = path.split(separator: "/").last ?? ""
        if name.hasSuffix(".json") { name = name.dropLast(5) }
        guard let promised = Digest("sha256:\(name)") else { return }
        if promised != file.digest { throw .wrongDigest(what: path, expected: promised, found: file.digest) }
    }

    private func makeManifest(
        _ item: DockerArchiveItem, _ config: ForeignFile, _ files: any ForeignFiles
    ) throws(ArchiveError) -> Descriptor {
        let configuration = try decode(ImageConfiguration.self, config, "image configuration \(config.digest.short)")
        guard configuration.rootfs.diffIDs.count == item.layers.count else {
            throw .malformed(
                "an image of manifest.json has \(item.layers.count) layers, its configuration "
                    + "\(configuration.rootfs.diffIDs.count)")
        }
        var layers: [Descriptor] = []
        for path in item.layers {
            guard let layer = try files.file(path) else {
                throw .malformed("manifest.json names '\(path.prefix(200))', which is missing")
            }
            layers.append(Descriptor(mediaType: try layerType(layer), digest: layer.digest, size: layer.size))
        }
        return try addManifest(
            config: Descriptor(mediaType: MediaType.configuration, digest: config.digest, size: config.size),
            layers: layers)
    }

    /// A layer's media type by its first bytes.
    func layerType(_ layer: ForeignFile) throws(ArchiveError) -> String {
        let file = try storing { () throws(StoreError) in try store.openBlob(layer.digest) }
        var start = [UInt8](repeating: 0, count: 6)
        let count = try archiving { () throws(SystemError) in
            try systemCall("read", layer.digest.short) { unsafe read(file.number, &start, start.count) }
        }
        switch try Compression.detect(Array(start[..<count])) {
        case .none: return MediaType.layer
        case .gzip: return MediaType.layerGzip
        case .zstd: return MediaType.layerZstd
        }
    }

    func addManifest(config: Descriptor, layers: [Descriptor]) throws(ArchiveError) -> Descriptor {
        let bytes: [UInt8]
        do {
            bytes = try JSONValue.encode(Manifest(config: config, layers: layers)).bytes()
        } catch {
            throw .malformed("a manifest cannot be written: \(error)")
        }
        let digest = try storing { () throws(StoreError) in try store.addBlob(bytes) }
        return Descriptor(mediaType: MediaType.manifest, digest: digest, size: Int64(bytes.count))
    }
}
