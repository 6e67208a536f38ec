import Glibc
import JSON
import LinuxSystem
import OCISpec

/// `index.json`: which names there are, and what they point to.
struct LayoutIndex {
    static let nameAnnotation = "org.opencontainers.image.ref.name"

    /// One of its manifests, with its name.
    struct Entry {
        var descriptor: Descriptor
        var reference: Reference?
    }

    var entries: [Entry]

    /// The entry with a name. A reference with a digest is satisfied by any tag of that repository with the digest.
    func entry(_ reference: Reference) -> Entry? {
        if let digest = reference.digest {
            return entries.first {
                $0.descriptor.digest == digest && $0.reference?.registry == reference.registry
                    && $0.reference?.repository == reference.repository
            }
        }
        return entries.first { $0.reference == reference }
    }

    /// Points a name to a manifest. What the name pointed to stays without a name where no other points to it.
    mutating func set(_ reference: Reference, _ descriptor: Descriptor) {
        remove(reference, keepTarget: true)
        // The same image may have been there without a name.
        entries.removeAll { $0.reference == nil && $0.descriptor.digest == descriptor.digest }
        entries.append(Entry(descriptor: descriptor, reference: reference))
    }

    /// Takes a name away.
    ///
    /// - Parameter keepTarget: whether what only this name points to stays, without a name.
    mutating func remove(_ reference: Reference, keepTarget: Bool) {
        guard let index = entries.firstIndex(where: { $0.reference == reference }) else { return }
        var entry = entries.remove(at: index)
        guard keepTarget, !entries.contains(where: { $0.descriptor.digest == entry.descriptor.digest }) else { return }
        entry.reference = nil
        entries.append(entry)
    }
}

extension ImageStore {
    /// Reads `index.json`; empty where there is none yet.
    func layoutIndex() throws(StoreError) -> LayoutIndex {
        guard let bytes = try StoreFiles.read(indexPath, limit: 64 << 20) else { return LayoutIndex(entries: []) }
        let index = try decode(Index.self, bytes, indexPath)
        return LayoutIndex(
            entries: index.manifests.map { descriptor in
                var plain = descriptor
                let name = plain.annotations?.removeValue(forKey: LayoutIndex.nameAnnotation)
                if plain.annotations?.isEmpty == true { plain.annotations = nil }
                // A name that another program wrote and that is none to us leaves the image reachable by its id.
                return LayoutIndex.Entry(descriptor: plain, reference: name.flatMap { try? Reference($0) })
            })
    }

    /// Changes `index.json` while no other process does.
    func updateIndex(_ change: (inout LayoutIndex) throws(StoreError) -> Void) throws(StoreError) {
        try makeLayout()
        let lock = try lock("index.lock", LOCK_EX)
        var index = try layoutIndex()
        try change(&index)
        let document = Index(
            manifests: index.entries.map { entry in
                var descriptor = entry.descriptor
                if let reference = entry.reference {
                    descriptor.annotations = descriptor.annotations ?? [:]
                    descriptor.annotations?[LayoutIndex.nameAnnotation] = reference.description
                }
                return descriptor
            })
        let bytes: [UInt8]
        do {
            bytes = try JSONValue.encode(document).bytes(.pretty)
        } catch {
            throw .malformed(what: indexPath, reason: "\(error)")
        }
        // Not one of the names that a sweep removes: it asks for another lock. Under ours the file is nobody's but a
        // crashed process's.
        let temporary = indexPath + ".new"
        _ = unsafe unlink(temporary)
        try StoreFiles.replace(indexPath, temporary: temporary, bytes)
        _ = consume lock
    }

    /// Makes the image layout's directories and its `oci-layout` file.
    func makeLayout() throws(StoreError) {
        let marker = layout + "/oci-layout"
        if StoreFiles.exists(marker) { return }
        // What images hold is for their owner: a layer's setuid programs and devices are not for every user of the host.
        if !StoreFiles.exists(root) { try StoreFiles.makeDirectories(root, mode: 0o711) }
        try StoreFiles.makeDirectories(layout + "/blobs/sha256")
        try StoreFiles.makeDirectories(layers + "/sha256", mode: 0o700)
        do throws(StoreError) {
            try StoreFiles.replace(
                marker, temporary: layout + "/" + StoreFiles.unique("tmp-"),
                Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        } catch {
            // Another process was first, and a sweep took ours for a crashed process's.
            if !StoreFiles.exists(marker) { throw error }
        }
    }

    /// Points a name to a manifest or an index that is in the store.
    public func setReference(_ reference: Reference, to descriptor: Descriptor) throws(StoreError) {
        try updateIndex { (index) throws(StoreError) in index.set(reference, descriptor) }
    }

    /// Keeps an image that has no name.
    public func keepUnnamed(_ descriptor: Descriptor) throws(StoreError) {
        try updateIndex { (index) throws(StoreError) in
            if !index.entries.contains(where: { $0.descriptor.digest == descriptor.digest }) {
                index.entries.append(LayoutIndex.Entry(descriptor: descriptor, reference: nil))
            }
        }
    }

    /// Gives an image a further name.
    public func tag(_ source: String, as reference: Reference) throws(StoreError) {
        let image = try resolve(source)
        try setReference(reference, to: image.target)
    }
}
