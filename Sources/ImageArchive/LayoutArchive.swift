import ImageStore
import OCISpec

extension ImageLoader {
    /// The annotation by which containerd and Docker give an image's whole name.
    static let containerdName = "io.containerd.image.name"
    static let referenceName = "org.opencontainers.image.ref.name"

    /// The images of an OCI layout.
    func layoutImages(_ index: ForeignFile, _ files: any ForeignFiles) throws(ArchiveError) -> [ForeignImage] {
        var images: [ForeignImage] = []
        for descriptor in try decode(Index.self, index, "index.json").manifests {
            guard try isComplete(descriptor, files, depth: 1) else { continue }
            var target = descriptor
            target.annotations = nil
            let references = try name(descriptor).map { (text) throws(ArchiveError) in [try reference(text)] } ?? []
            if let index = images.firstIndex(where: { $0.target.digest == target.digest }) {
                images[index].references += references
            } else {
                images.append(ForeignImage(target: target, references: references))
            }
        }
        if images.isEmpty { throw .malformed("index.json names no image of which all parts are there") }
        return images
    }

    /// The name of an image. `ref.name` is often a tag only, which names no image.
    private func name(_ descriptor: Descriptor) -> String? {
        if let name = descriptor.annotations?[Self.containerdName] { return name }
        guard let name = descriptor.annotations?[Self.referenceName], name.contains("/") || name.contains(":") else {
            return nil
        }
        return name
    }

    /// Takes over all blobs of a manifest or index; false where what it names is not there, as other platforms' images.
    private func isComplete(
        _ descriptor: Descriptor, _ files: any ForeignFiles, depth: Int
    ) throws(ArchiveError) -> Bool {
        if MediaType.isManifest(descriptor.mediaType) { return try completeManifest(descriptor, files) != nil }
        guard MediaType.isIndex(descriptor.mediaType), depth <= 4, let file = try files.blob(descriptor.digest) else {
            return false
        }
        var found = false
        for inner in try decode(Index.self, file, "index \(descriptor.digest.short)").manifests
        where try isComplete(inner, files, depth: depth + 1) {
            found = true
        }
        return found
    }

    /// Takes over the blobs of a manifest; nil where the manifest is not there.
    func completeManifest(_ descriptor: Descriptor, _ files: any ForeignFiles) throws(ArchiveError) -> Manifest? {
        guard let file = try files.blob(descriptor.digest) else { return nil }
        let manifest = try decode(Manifest.self, file, "manifest \(descriptor.digest.short)")
        for part in [manifest.config] + manifest.layers {
            guard let blob = try files.blob(part.digest) else {
                throw .malformed(
                    "manifest \(descriptor.digest.short) names blob \(part.digest.short), which is missing")
            }
            if blob.size != part.size { throw .store(.wrongSize(part.digest, expected: part.size, found: blob.size)) }
        }
        return manifest
    }
}
