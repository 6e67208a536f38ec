import Glibc
import JSON
import LinuxSystem
import OCISpec

/// What is kept about an unpacked layer, beside its directory.
public struct LayerRecord: Codable, Sendable, Equatable {
    /// Bytes of the files' contents.
    public var size: Int64
    /// Entries of the archive.
    public var entries: Int

    /// Makes a record.
    public init(size: Int64, entries: Int) {
        self.size = size
        self.entries = entries
    }
}

/// A layer's directory while it is filled; dropping it before `ImageStore.place` removes it.
public final class LayerWork {
    /// The directory, under a temporary name.
    public let path: String
    fileprivate var isPlaced = false

    fileprivate init(path: String) {
        self.path = path
    }

    deinit {
        // What cannot be removed now has a temporary name and is swept later.
        if !isPlaced { try? TreeRemoval.remove(path) }
    }
}

extension ImageStore {
    func layerRecordPath(_ diffID: Digest) -> String { "\(layers)/records/\(diffID.hex).json" }

    /// Begins a layer. The caller holds a `ContentHold` until the layer's image is referred to.
    public func makeLayerWork() throws(StoreError) -> LayerWork {
        try makeLayout()
        try StoreFiles.makeDirectories(layers + "/records")
        let path = layers + "/" + StoreFiles.unique("tmp-")
        if unsafe mkdir(path, 0o755) != 0 { throw .system(.last("mkdir", path)) }
        return LayerWork(path: path)
    }

    /// Gives a complete layer its name. Where another process was first, its layer stays and this one is removed.
    public func place(_ work: LayerWork, as diffID: Digest, _ record: LayerRecord) throws(StoreError) {
        let path = layerDirectory(diffID)
        if diffID.algorithm != "sha256" { try StoreFiles.makeDirectories("\(layers)/\(diffID.algorithm)", mode: 0o700) }
        let bytes: [UInt8]
        do {
            bytes = try JSONValue.encode(record).bytes()
        } catch {
            throw .malformed(what: "layer record", reason: "\(error)")
        }
        try StoreFiles.replace(
            layerRecordPath(diffID), temporary: layers + "/" + StoreFiles.unique("tmp-"), bytes)
        if unsafe rename(work.path, path) != 0 {
            if errno == EEXIST || errno == ENOTEMPTY { return }
            throw .system(.last("rename", path))
        }
        work.isPlaced = true
        try StoreFiles.syncDirectory(of: path)
    }

    /// What was noted about a layer when it was unpacked; nil where it is not.
    public func layerRecord(_ diffID: Digest) throws(StoreError) -> LayerRecord? {
        let path = layerRecordPath(diffID)
        guard let bytes = try StoreFiles.read(path, limit: 4096) else { return nil }
        return try decode(LayerRecord.self, bytes, path)
    }

    /// The size of an image as people know it: its files, unpacked; of its transfer where a layer is not unpacked.
    public func size(of image: StoredImage) throws(StoreError) -> Int64 {
        var total: Int64 = 0
        for diffID in image.configuration.rootfs.diffIDs {
            guard let record = try layerRecord(diffID) else { return image.transferSize }
            total += record.size
        }
        return total
    }
}
