import OCISpec

/// What a removal did.
public struct Removal: Sendable, Equatable {
    /// Names that were taken away.
    public var untagged: [Reference] = []
    /// Ids of images that are gone.
    public var deleted: [Digest] = []
    /// What the collection of unused content removed.
    public var collection = Collection()
}

extension ImageStore {
    /// Removes an image, or one of its names.
    ///
    /// As Docker does: a name that is not the image's last is only taken away; an id takes all names away, which needs
    /// `force` where they are of several repositories; an image in use by a container needs `force`, and one that a
    /// running container uses cannot be removed by its id at all. Content that a container needs stays until it is gone.
    public func remove(_ text: String, force: Bool = false) throws(StoreError) -> Removal {
        var removal = Removal()
        try updateIndex { (index) throws(StoreError) in
            let image = try resolve(text)
            // The same image may have come with different manifests.
            var same: [LayoutIndex.Entry] = []
            for entry in index.entries where try ids(of: entry).contains(image.id) { same.append(entry) }
            if let reference = named(text, in: index) {
                if same.count <= 1 { try refuseIfUsed(image, text, force: force, byName: true) }
                index.remove(reference, keepTarget: false)
                removal.untagged.append(reference)
            } else {
                let names = Set(same.compactMap { $0.reference?.name })
                if names.count > 1, !force {
                    throw .inUse(
                        image: text, reason: "it has names in several repositories: use --force to remove them all")
                }
                try refuseIfUsed(image, text, force: force, byName: false)
                removal.untagged = same.compactMap(\.reference)
                index.entries.removeAll { entry in same.contains { $0.descriptor.digest == entry.descriptor.digest } }
                same = []
            }
            if same.count <= 1 { removal.deleted.append(image.id) }
        }
        removal.collection = try collect()
        return removal
    }

    /// Removes images that have no name and no container; with `all`, those with names too.
    public func prune(all: Bool = false) throws(StoreError) -> Removal {
        var removal = Removal()
        try updateIndex { (index) throws(StoreError) in
            let used = Set(try containerUses().map(\.image))
            var kept: [LayoutIndex.Entry] = []
            for entry in index.entries {
                let ids = try ids(of: entry)
                if (entry.reference != nil && !all) || !used.isDisjoint(with: ids) {
                    kept.append(entry)
                    continue
                }
                if let reference = entry.reference { removal.untagged.append(reference) }
                removal.deleted += ids.filter { !removal.deleted.contains($0) }
            }
            index.entries = kept
        }
        removal.collection = try collect()
        return removal
    }

    private func named(_ text: String, in index: LayoutIndex) -> Reference? {
        // What is no reference was resolved as an id.
        guard Digest(text) == nil, let reference = try? Reference(text) else { return nil }
        return index.entry(reference)?.reference
    }

    private func refuseIfUsed(
        _ image: StoredImage, _ text: String, force: Bool, byName: Bool
    ) throws(StoreError) {
        let uses = try containerUses().filter { $0.image == image.id }
        if let running = uses.first(where: \.isRunning), !(force && byName) {
            throw .inUse(
                image: text,
                reason: "\(running.holder) runs it: stop it first")
        }
        if let use = uses.first, !force {
            throw .inUse(
                image: text,
                reason: "\(use.holder) uses it: remove that first, or use --force")
        }
    }
}
