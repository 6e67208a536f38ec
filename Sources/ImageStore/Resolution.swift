import OCISpec

extension ImageStore {
    /// Indexes within indexes, at most.
    static let indexDepth = 4

    /// Finds an image.
    ///
    /// - Parameters:
    ///   - text: a reference (`busybox`, `host:5000/a/b:tag`, `busybox@sha256:…`), the digest of its configuration or
    ///     manifest, or the first digits of its id (four at least).
    ///   - platform: what it must be for; nil takes the host's platform out of an index, and any single image.
    public func resolve(_ text: String, platform: Platform? = nil) throws(StoreError) -> StoredImage {
        let index = try layoutIndex()
        if let digest = Digest(text) { return try image(digest: digest, in: index, platform) }
        let reference: Reference?
        do throws(ReferenceError) {
            reference = try Reference(text)
        } catch {
            // 64 digits are no reference, but may be an id.
            if !Self.isIDPrefix(text) { throw .invalidReference(error) }
            reference = nil
        }
        if let reference, let entry = index.entry(reference) {
            return try image(target: entry.descriptor, reference, text, platform)
        }
        guard Self.isIDPrefix(text) else { throw .noSuchImage(text) }
        return try image(idPrefix: text, in: index, platform)
    }

    static func isIDPrefix(_ text: String) -> Bool {
        (4...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Takes the image for a platform out of what a name points to.
    func image(
        target: Descriptor, _ reference: Reference?, _ name: String, _ platform: Platform?
    ) throws(StoreError) -> StoredImage {
        if MediaType.isIndex(target.mediaType) {
            let wanted = platform ?? .host
            var found: [Platform] = []
            guard let descriptor = try select(in: target.digest, wanted, depth: 1, &found) else {
                throw .wrongPlatform(name: name, wanted: wanted, found: found)
            }
            return try image(manifest: descriptor, target: target, reference)
        }
        let image = try image(manifest: target, target: target, reference)
        if let platform, !platform.accepts(image.platform) {
            throw .wrongPlatform(name: name, wanted: platform, found: [image.platform])
        }
        return image
    }

    /// Reads the image of a manifest, or takes that of a platform out of an index, whether a name points to it or not.
    public func image(target: Descriptor, platform: Platform? = nil) throws(StoreError) -> StoredImage {
        try image(target: target, nil, target.digest.short, platform)
    }

    private func select(
        in digest: Digest, _ wanted: Platform, depth: Int, _ found: inout [Platform]
    ) throws(StoreError) -> Descriptor? {
        if depth > Self.indexDepth {
            throw .malformed(what: "index \(digest)", reason: "is nested deeper than \(Self.indexDepth)")
        }
        for descriptor in try index(digest).manifests {
            if MediaType.isIndex(descriptor.mediaType) {
                // An index of another platform may not have been pulled.
                guard hasBlob(descriptor) else { continue }
                if let inner = try select(in: descriptor.digest, wanted, depth: depth + 1, &found) { return inner }
            } else if MediaType.isManifest(descriptor.mediaType), hasBlob(descriptor) {
                let platform: Platform
                if let stated = descriptor.platform {
                    platform = stated
                } else {
                    platform = try image(manifest: descriptor, target: descriptor, nil).platform
                }
                // Attestations stand beside the images and are for the platform "unknown".
                if platform.os == "unknown" { continue }
                if wanted.accepts(platform) { return descriptor }
                found.append(platform)
            }
        }
        return nil
    }

    private func image(
        digest: Digest, in index: LayoutIndex, _ platform: Platform?
    ) throws(StoreError) -> StoredImage {
        if let entry = index.entries.first(where: { $0.descriptor.digest == digest }) {
            return try image(target: entry.descriptor, entry.reference, digest.description, platform)
        }
        for image in try images(in: index) where image.id == digest || image.manifestDescriptor.digest == digest {
            return image
        }
        throw .noSuchImage(digest.description)
    }

    private func image(
        idPrefix: String, in index: LayoutIndex, _ platform: Platform?
    ) throws(StoreError) -> StoredImage {
        var found: StoredImage?
        for image in try images(in: index) where image.id.hex.hasPrefix(idPrefix) {
            if let found, found.id != image.id { throw .ambiguousID(idPrefix) }
            found = found ?? image
        }
        guard let found else { throw .noSuchImage(idPrefix) }
        if let platform, !platform.accepts(found.platform) {
            throw .wrongPlatform(name: idPrefix, wanted: platform, found: [found.platform])
        }
        return found
    }

    /// All images, one for each name and one for each that has lost its name.
    public func images() throws(StoreError) -> [StoredImage] { try images(in: layoutIndex()) }

    private func images(in index: LayoutIndex) throws(StoreError) -> [StoredImage] {
        var images: [StoredImage] = []
        for entry in index.entries {
            if MediaType.isIndex(entry.descriptor.mediaType) {
                images += try presentImages(in: entry.descriptor.digest, entry, depth: 1)
            } else {
                images.append(
                    try image(manifest: entry.descriptor, target: entry.descriptor, entry.reference))
            }
        }
        return images
    }

    /// The images of an index of which manifest and configuration are in the store.
    func presentImages(
        in digest: Digest, _ entry: LayoutIndex.Entry, depth: Int
    ) throws(StoreError) -> [StoredImage] {
        if depth > Self.indexDepth { return [] }
        var images: [StoredImage] = []
        for descriptor in try index(digest).manifests where hasBlob(descriptor) {
            if MediaType.isIndex(descriptor.mediaType) {
                images += try presentImages(in: descriptor.digest, entry, depth: depth + 1)
            } else if MediaType.isManifest(descriptor.mediaType), descriptor.platform?.os != "unknown",
                hasBlob(try manifest(descriptor.digest).config)
            {
                images.append(try image(manifest: descriptor, target: entry.descriptor, entry.reference))
            }
        }
        return images
    }
}
