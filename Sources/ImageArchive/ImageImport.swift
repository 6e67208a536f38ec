import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

extension ImageLoader {
    /// Makes an image of one layer from a root file system's archive.
    ///
    /// - Parameters:
    ///   - path: the archive, compressed or not; nil is standard input.
    ///   - reference: its name.
    ///   - execution: how it is run.
    ///   - message: a note for its history.
    /// - Returns: the image's id.
    public func importRootFilesystem(
        _ path: String?, as reference: Reference?, execution: ImageConfiguration.Execution, message: String?,
        platform: Platform = .host
    ) throws(ArchiveError) -> Digest {
        let id: Digest
        do throws(ArchiveError) {
            let hold = try storing { () throws(StoreError) in try store.hold() }
            id = try importHeld(path, reference, execution, message, platform)
            _ = consume hold
        } catch {
            // What came in for nothing goes; an error of that would hide the first one.
            _ = try? store.collect()
            throw error
        }
        return id
    }

    private func importHeld(
        _ path: String?, _ reference: Reference?, _ execution: ImageConfiguration.Execution, _ message: String?,
        _ platform: Platform
    ) throws(ArchiveError) -> Digest {
        let what = path ?? "standard input"
        let source = try archiving { () throws(SystemError) in
            if let path { return try OwnedDescriptor.open(path, O_RDONLY) }
            return OwnedDescriptor(owning: try systemCall("dup") { dup(0) })
        }
        let archive = try copyToStore(source, what, store)
        let file = try storing { () throws(StoreError) in try store.openBlob(archive.digest) }
        report(.unpacking(layer: archive.digest, size: archive.size))
        let work = try storing { () throws(StoreError) in try store.makeLayerWork() }
        let layer = try unpackLayer(file, what: what, into: work.path, options)
        try storing { () throws(StoreError) in try store.place(work, as: layer.diffID, layer.record) }
        report(.unpacked(layer: layer.diffID))

        var configuration = ImageConfiguration(
            platform: platform, config: execution,
            rootfs: ImageConfiguration.RootFilesystem(diffIDs: [layer.diffID]))
        let now = rfc3339(time(nil))
        configuration.created = now
        var history = ImageConfiguration.HistoryEntry(created: now, createdBy: nil)
        history.comment = message ?? "Imported from \(path == nil ? "-" : what)"
        configuration.history = [history]
        let bytes: [UInt8]
        do {
            bytes = try JSONValue.encode(configuration).bytes()
        } catch {
            throw .malformed("the image configuration cannot be written: \(error)")
        }
        let digest = try storing { () throws(StoreError) in try store.addBlob(bytes) }
        let target = try addManifest(
            config: Descriptor(mediaType: MediaType.configuration, digest: digest, size: Int64(bytes.count)),
            layers: [Descriptor(mediaType: try layerType(archive), digest: archive.digest, size: archive.size)])
        try storing { () throws(StoreError) in
            if let reference { try store.setReference(reference, to: target) } else { try store.keepUnnamed(target) }
        }
        report(.loaded(id: digest, references: reference.map { [$0] } ?? []))
        return digest
    }
}

/// A time in the form of RFC 3339, in UTC.
func rfc3339(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = unsafe tm()
    _ = unsafe gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
        + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
}
