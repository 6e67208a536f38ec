import Glibc
import LinuxSystem
import OCISpec

/// What was removed because nothing refers to it.
public struct Collection: Sendable, Equatable {
    /// Blobs removed.
    public var blobs: [Digest] = []
    /// Layers removed.
    public var layers: [Digest] = []
    /// Bytes of the blobs, of the layers' files and of images' disks.
    public var bytes: Int64 = 0
    /// True where content is being added now, so nothing was removed: the next collection will.
    public var isDeferred = false
    /// Directories that this process may not remove: they belong to other ids of a user's range. They have temporary
    /// names, and whoever is root in a user namespace with that range removes them by `sweep`.
    public var left: [String] = []
}

extension ImageStore {
    /// Removes blobs and layers that nothing refers to, and what a crash left under temporary names.
    public func collect() throws(StoreError) -> Collection {
        var collection = Collection()
        guard StoreFiles.exists(layout) else { return collection }
        guard let lock = try exclusiveContentLock() else {
            collection.isDeferred = true
            return collection
        }
        let reachable = try reachableContent()
        try collectBlobs(reachable.blobs, &collection)
        try collectLayers(reachable.layers, &collection)
        collection.bytes += try collectDisks(needed: reachable.disks)
        collection.left = try sweepTemporaries()
        _ = consume lock
        return collection
    }

    /// Removes what has temporary names, where nobody is at work.
    public func sweep() throws(StoreError) -> Collection {
        var collection = Collection()
        guard StoreFiles.exists(layout) else { return collection }
        guard let lock = try exclusiveContentLock() else {
            collection.isDeferred = true
            return collection
        }
        collection.left = try sweepTemporaries()
        _ = consume lock
        return collection
    }

    /// Tries for a short while, for a container that starts holds the lock for a millisecond only.
    private func exclusiveContentLock() throws(StoreError) -> OwnedDescriptor? {
        for attempt in 0..<20 {
            do throws(StoreError) {
                return try lock("content.lock", LOCK_EX | LOCK_NB)
            } catch {
                guard case .system(let cause) = error, cause.number == EWOULDBLOCK else { throw error }
            }
            if attempt < 19 { usleep(5000) }
        }
        return nil
    }

    /// What images and containers need.
    private struct Reachable {
        var blobs: Set<Digest> = []
        var layers: Set<Digest> = []
        var disks: Set<String> = []
    }

    private func reachableContent() throws(StoreError) -> Reachable {
        var reachable = Reachable()
        for entry in try layoutIndex().entries { try mark(entry.descriptor, &reachable, depth: 0) }
        for use in try containerUses() where StoreFiles.exists(blobPath(use.image)) {
            reachable.blobs.insert(use.image)
            mark(try configuration(use.image), &reachable)
        }
        return reachable
    }

    private func mark(_ configuration: ImageConfiguration, _ reachable: inout Reachable) {
        reachable.layers.formUnion(configuration.rootfs.diffIDs)
        reachable.disks.insert(imageDisk(configuration.rootfs.diffIDs))
    }

    private func mark(_ descriptor: Descriptor, _ reachable: inout Reachable, depth: Int) throws(StoreError) {
        guard reachable.blobs.insert(descriptor.digest).inserted, hasBlob(descriptor), depth <= Self.indexDepth else {
            return
        }
        if MediaType.isIndex(descriptor.mediaType) {
            for inner in try index(descriptor.digest).manifests { try mark(inner, &reachable, depth: depth + 1) }
        } else if MediaType.isManifest(descriptor.mediaType) {
            let manifest = try manifest(descriptor.digest)
            reachable.blobs.insert(manifest.config.digest)
            reachable.blobs.formUnion(manifest.layers.map(\.digest))
            // Attestations have configurations of other kinds; they have no layers to unpack.
            if hasBlob(manifest.config), let configuration = try? configuration(manifest.config.digest) {
                mark(configuration, &reachable)
            }
        }
    }

    /// The ids of the images that an entry of the index names.
    func ids(of entry: LayoutIndex.Entry) throws(StoreError) -> [Digest] {
        if MediaType.isIndex(entry.descriptor.mediaType) {
            return try presentImages(in: entry.descriptor.digest, entry, depth: 1).map(\.id)
        }
        return [try manifest(entry.descriptor.digest).config.digest]
    }

    private func collectBlobs(_ reachable: Set<Digest>, _ collection: inout Collection) throws(StoreError) {
        for algorithm in try StoreFiles.names(in: layout + "/blobs") {
            for hex in try StoreFiles.names(in: "\(layout)/blobs/\(algorithm)") {
                guard let digest = Digest("\(algorithm):\(hex)"), !reachable.contains(digest) else { continue }
                var status = stat()
                if unsafe stat(blobPath(digest), &status) == 0 { collection.bytes += Int64(status.st_size) }
                try storing { () throws(SystemError) in try TreeRemoval.remove(blobPath(digest)) }
                collection.blobs.append(digest)
            }
        }
    }

    private func collectLayers(_ reachable: Set<Digest>, _ collection: inout Collection) throws(StoreError) {
        for algorithm in ["sha256", "sha512"] {
            for hex in try StoreFiles.names(in: "\(layers)/\(algorithm)") {
                guard let digest = Digest("\(algorithm):\(hex)"), !reachable.contains(digest) else { continue }
                // A record that cannot be read only makes the sum smaller.
                if let record = try? layerRecord(digest) { collection.bytes += record.size }
                // A layer loses its name at once, so that no half of it is ever taken for the whole.
                let doomed = layers + "/" + StoreFiles.unique("tmp-")
                try storing { () throws(SystemError) in
                    _ = try systemCall("rename", layerDirectory(digest)) {
                        unsafe rename(layerDirectory(digest), doomed)
                    }
                    try TreeRemoval.remove(layerRecordPath(digest))
                }
                collection.layers.append(digest)
            }
        }
    }

    /// Under the exclusive lock nothing that is being made has a temporary name.
    private func sweepTemporaries() throws(StoreError) -> [String] {
        try sweepPartialBlobs()
        var left: [String] = []
        for directory in [layout, layers, disks] {
            for name in try StoreFiles.names(in: directory) where name.hasPrefix("tmp-") {
                do throws(SystemError) {
                    try TreeRemoval.remove("\(directory)/\(name)")
                } catch {
                    guard error.number == EACCES || error.number == EPERM else { throw .system(error) }
                    left.append("\(directory)/\(name)")
                }
            }
        }
        return left
    }
}
