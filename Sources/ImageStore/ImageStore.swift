import Glibc
import LinuxSystem
import OCISpec

/// The images on this host: an OCI image layout (image-spec, image-layout.md) and beside it the unpacked layers.
///
/// Several processes may use one store at once. Three rules keep it whole:
/// - Files and layers come to their final names by rename, complete. What has a temporary name is nobody's after a crash.
/// - `index.json` is changed by one process at a time, under `index.lock`.
/// - Who adds content or is about to rely on it holds `content.lock` shared (`ContentHold`); who removes what nothing
///   refers to holds it exclusively.
public struct ImageStore: Sendable {
    /// The directory that `--root` names.
    public let root: String

    /// The most bytes of a manifest, index or image configuration.
    public static let documentLimit = 4 << 20

    /// Opens a store. Directories are made when something is first written.
    ///
    /// - Parameter root: an absolute path.
    public init(root: String) throws(StoreError) {
        guard root.hasPrefix("/") else {
            throw .malformed(
                what: root.isEmpty ? "store" : root, reason: "the store's directory must be an absolute path")
        }
        var root = root
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root
    }

    /// The image layout's directory.
    public var layout: String { root + "/images" }
    /// Where unpacked layers are, with temporary names beside `sha256`.
    public var layers: String { root + "/layers" }

    var indexPath: String { layout + "/index.json" }

    /// Where a blob is, or would be.
    public func blobPath(_ digest: Digest) -> String { "\(layout)/blobs/\(digest.algorithm)/\(digest.hex)" }

    /// Where a layer is unpacked, or would be.
    ///
    /// - Parameter diffID: the digest of the layer's uncompressed archive.
    public func layerDirectory(_ diffID: Digest) -> String { "\(layers)/\(diffID.algorithm)/\(diffID.hex)" }

    /// Whether a layer is unpacked. It has its name only when it is complete.
    public func hasLayer(_ diffID: Digest) -> Bool { StoreFiles.exists(layerDirectory(diffID)) }

    /// The directories of an image's layers, topmost first, as overlayfs wants them.
    ///
    /// - Throws: `StoreError.notUnpacked` where one is missing.
    public func layerDirectories(_ image: StoredImage) throws(StoreError) -> [String] {
        var directories: [String] = []
        for diffID in image.configuration.rootfs.diffIDs.reversed() {
            let directory = layerDirectory(diffID)
            guard StoreFiles.exists(directory) else { throw .notUnpacked(image: image.id, layer: diffID) }
            // A layer may come twice (an empty one does); overlayfs refuses a directory given twice.
            if !directories.contains(directory) { directories.append(directory) }
        }
        return directories
    }

    /// Whether a blob of this size is there. Its bytes had the digest when it got its name.
    public func hasBlob(_ descriptor: Descriptor) -> Bool {
        var status = stat()
        return unsafe stat(blobPath(descriptor.digest), &status) == 0 && Int64(status.st_size) == descriptor.size
    }

    /// Opens a blob for reading.
    public func openBlob(_ digest: Digest) throws(StoreError) -> OwnedDescriptor {
        guard let file = try StoreFiles.openPresent(blobPath(digest)) else { throw .missingBlob(digest) }
        return file
    }

    /// Reads a small blob (a manifest, an index, a configuration) and verifies its digest.
    public func document(_ digest: Digest) throws(StoreError) -> [UInt8] {
        guard let bytes = try StoreFiles.read(blobPath(digest), limit: Self.documentLimit) else {
            throw .missingBlob(digest)
        }
        let found = ContentHash.digest(bytes, algorithm: digest.algorithm)
        if found != digest { throw .wrongDigest(expected: digest, found: found) }
        return bytes
    }
}
