import CArchive
import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// Writes images into an archive that is an OCI layout and a docker-archive at once, as Docker has written them since its
/// version 25: what reads either of the two can read it.
public struct ImageSaver {
    private let store: ImageStore

    /// Makes a saver.
    public init(_ store: ImageStore) {
        self.store = store
    }

    /// Saves images.
    ///
    /// - Parameters:
    ///   - names: references or ids; a reference is kept as the image's name.
    ///   - path: the archive, which appears when it is complete; nil is standard output.
    public func save(_ names: [String], to path: String?, platform: Platform? = nil) throws(ArchiveError) {
        let hold = try storing { () throws(StoreError) in try store.hold() }
        var images: [StoredImage] = []
        for name in names {
            images.append(try storing { () throws(StoreError) in try store.resolve(name, platform: platform) })
        }
        if let path, Self.isSpecial(path) {
            // A device or a pipe is written to, not replaced.
            let file = try archiving { () throws(SystemError) in try OwnedDescriptor.open(path, O_WRONLY) }
            try write(images, file.number)
        } else if let path {
            let temporary = "\(path).\(getpid()).tmp"
            do throws(ArchiveError) {
                let file = try archiving { () throws(SystemError) in
                    try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                }
                try write(images, file.number)
                try archiving { () throws(SystemError) in
                    _ = try systemCall("rename", path) { unsafe rename(temporary, path) }
                }
            } catch {
                _ = unsafe unlink(temporary)
                throw error
            }
        } else {
            try write(images, 1)
        }
        _ = consume hold
    }

    /// Whether there is something that is neither a file nor a directory.
    private static func isSpecial(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    private func write(_ images: [StoredImage], _ file: CInt) throws(ArchiveError) {
        let writer = try TarWriter(file)
        var written: Set<Digest> = []
        for directory in ["blobs/", "blobs/sha256/"] { try writer.add(directory: directory) }
        for image in images {
            let blobs = [image.manifestDescriptor, image.manifest.config] + image.manifest.layers
            for blob in blobs where written.insert(blob.digest).inserted {
                let source = try storing { () throws(StoreError) in try store.openBlob(blob.digest) }
                try writer.add(blobName(blob.digest), blob.size, from: source)
            }
        }
        try writer.add("index.json", json(index(images)))
        try writer.add("manifest.json", json(dockerItems(images)))
        try writer.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try writer.finish()
    }

    private func blobName(_ digest: Digest) -> String { "blobs/\(digest.algorithm)/\(digest.hex)" }

    private func json<Value: Encodable>(_ value: Value) throws(ArchiveError) -> [UInt8] {
        do {
            return try JSONValue.encode(value).bytes()
        } catch {
            throw .malformed("\(error)")
        }
    }

    private func index(_ images: [StoredImage]) -> Index {
        Index(
            manifests: images.map { image in
                var descriptor = image.manifestDescriptor
                descriptor.annotations = nil
                if let reference = image.reference, let tag = reference.tag {
                    descriptor.annotations = [
                        ImageLoader.containerdName: reference.description, ImageLoader.referenceName: tag,
                    ]
                }
                return descriptor
            })
    }

    /// One item an image; all its names in it.
    private func dockerItems(_ images: [StoredImage]) -> [DockerArchiveItem] {
        var items: [DockerArchiveItem] = []
        for image in images {
            let config = blobName(image.id)
            let tags = image.reference.flatMap { reference in
                reference.tag.map { ["\(reference.familiarName):\($0)"] }
            }
            if let index = items.firstIndex(where: { $0.config == config }) {
                if let tags { items[index].repoTags = (items[index].repoTags ?? []) + tags }
                continue
            }
            items.append(
                DockerArchiveItem(
                    config: config, repoTags: tags, layers: image.manifest.layers.map { blobName($0.digest) }))
        }
        return items
    }
}
