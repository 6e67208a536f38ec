import Glibc
import ImageStore
import LinuxSystem
import OCISpec
import Synchronization

/// What happens while archives are read, for whoever shows it.
public enum ArchiveEvent: Sendable {
    /// A layer begins to be unpacked; the size is of its compressed form.
    case unpacking(layer: Digest, size: Int64)
    /// A layer is unpacked.
    case unpacked(layer: Digest)
    /// An image has come into the store under these names.
    case loaded(id: Digest, references: [Reference])
}

/// Unpacks the layers of an image that are not unpacked yet, several at once.
///
/// The caller holds a `ContentHold`.
public func unpackImage(
    _ image: StoredImage, in store: ImageStore, _ options: UnpackOptions,
    report: @escaping @Sendable (ArchiveEvent) -> Void = { _ in }
) throws(ArchiveError) {
    var seen: Set<Digest> = []
    let missing = zip(image.manifest.layers, image.configuration.rootfs.diffIDs).filter { layer in
        seen.insert(layer.1).inserted && !store.hasLayer(layer.1)
    }
    if missing.isEmpty { return }
    let queue = LayerQueue(missing.sorted { $0.0.size > $1.0.size })
    let work: @Sendable () -> Void = {
        while let (descriptor, diffID) = queue.next() {
            do throws(ArchiveError) {
                report(.unpacking(layer: diffID, size: descriptor.size))
                try placeLayer(descriptor, diffID, in: store, options)
                report(.unpacked(layer: diffID))
            } catch {
                queue.fail(error)
            }
        }
    }
    // Each layer keeps two threads busy in part; more layers at once than processors gain nothing.
    let workers = min(missing.count, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) - 1
    var threads: [Thread] = []
    for _ in 0..<workers {
        threads.append(try archiving { () throws(SystemError) in try Thread(work) })
    }
    work()
    for thread in threads { thread.join() }
    if let error = queue.error { throw error }
}

/// Unpacks one layer of the store to its place; both digests are verified before it gets its name.
func placeLayer(
    _ descriptor: Descriptor, _ diffID: Digest, in store: ImageStore, _ options: UnpackOptions
) throws(ArchiveError) {
    let what = "layer \(descriptor.digest.short)"
    guard descriptor.digest.algorithm == "sha256", diffID.algorithm == "sha256" else {
        throw .unsupported("\(what) has a \(diffID.algorithm) digest, only sha256 is supported for layers")
    }
    let file = try storing { () throws(StoreError) in try store.openBlob(descriptor.digest) }
    let work = try storing { () throws(StoreError) in try store.makeLayerWork() }
    let layer = try unpackLayer(file, what: what, into: work.path, options)
    if layer.compressedDigest != descriptor.digest {
        throw .wrongDigest(what: what, expected: descriptor.digest, found: layer.compressedDigest)
    }
    if layer.diffID != diffID {
        throw .wrongDigest(what: "\(what), uncompressed,", expected: diffID, found: layer.diffID)
    }
    try storing { () throws(StoreError) in try store.place(work, as: diffID, layer.record) }
}

/// The layers that wait to be unpacked, shared by the threads that do it.
private final class LayerQueue: Sendable {
    private let state: Mutex<(rest: [(Descriptor, Digest)], error: ArchiveError?)>

    init(_ layers: [(Descriptor, Digest)]) {
        state = Mutex((layers.reversed(), nil))
    }

    func next() -> (Descriptor, Digest)? { state.withLock { $0.rest.popLast() } }

    /// Keeps the first error; nothing more is begun.
    func fail(_ error: ArchiveError) {
        state.withLock {
            $0.error = $0.error ?? error
            $0.rest = []
        }
    }

    var error: ArchiveError? { state.withLock { $0.error } }
}
