import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// An image that a foreign archive or layout holds, with all its blobs in the store, but without a name yet.
struct ForeignImage {
    var target: Descriptor
    var references: [Reference]
}

/// Loads images from archives and layouts.
public struct ImageLoader: Sendable {
    let store: ImageStore
    let options: UnpackOptions
    let report: @Sendable (ArchiveEvent) -> Void

    /// Makes a loader.
    ///
    /// - Parameter report: told what happens.
    public init(
        _ store: ImageStore, _ options: UnpackOptions, report: @escaping @Sendable (ArchiveEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.options = options
        self.report = report
    }

    /// Loads all images of a docker-archive or OCI archive, compressed or not, or of an OCI layout's directory, and unpacks
    /// them. An image gets its names when all of it is there.
    ///
    /// - Parameters:
    ///   - path: a file or directory; nil is standard input.
    ///   - platform: which image of an index is unpacked; the host's without it.
    public func load(_ path: String?, platform: Platform? = nil) throws(ArchiveError) {
        do throws(ArchiveError) {
            let hold = try storing { () throws(StoreError) in try store.hold() }
            try loadHeld(path, platform)
            _ = consume hold
        } catch {
            // What came in for nothing goes; an error of that would hide the first one.
            _ = try? store.collect()
            throw error
        }
        _ = try storing { () throws(StoreError) in try store.collect() }
    }

    private func loadHeld(_ path: String?, _ platform: Platform?) throws(ArchiveError) {
        let images = try images(in: try files(path), named: path ?? "standard input")
        for foreign in images {
            let image = try chosen(foreign.target, platform)
            try unpackImage(image, in: store, options, report: report)
            try storing { () throws(StoreError) in
                if foreign.references.isEmpty { try store.keepUnnamed(foreign.target) }
                for reference in foreign.references { try store.setReference(reference, to: foreign.target) }
            }
            report(.loaded(id: image.id, references: foreign.references))
        }
    }

    private func files(_ path: String?) throws(ArchiveError) -> any ForeignFiles {
        guard let path else {
            return try ArchivedFiles(OwnedDescriptor(owning: dup(0)), what: "standard input", in: store, options.limits)
        }
        var status = stat()
        if unsafe stat(path, &status) != 0 { throw .system(.last("open", path)) }
        if status.st_mode & S_IFMT == S_IFDIR { return try DirectoryFiles(path, in: store) }
        let file = try archiving { () throws(SystemError) in try OwnedDescriptor.open(path, O_RDONLY) }
        return try ArchivedFiles(file, what: path, in: store, options.limits)
    }

    private func images(in files: any ForeignFiles, named name: String) throws(ArchiveError) -> [ForeignImage] {
        let index = try files.file("index.json")
        if let list = try files.file("manifest.json") {
            return try dockerImages(list, files, layout: index)
        }
        guard let index else {
            throw .malformed("\(name) holds neither manifest.json (docker-archive) nor index.json (OCI layout)")
        }
        return try layoutImages(index, files)
    }

    /// The image of the platform; where only others are in the archive, the first of them.
    private func chosen(_ target: Descriptor, _ platform: Platform?) throws(ArchiveError) -> StoredImage {
        do throws(StoreError) {
            return try store.image(target: target, platform: platform)
        } catch {
            if platform == nil, case .wrongPlatform(_, _, let found) = error, let other = found.first {
                return try storing { () throws(StoreError) in try store.image(target: target, platform: other) }
            }
            throw .store(error)
        }
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ file: ForeignFile, _ what: String) throws(ArchiveError) -> Value
    {
        let bytes = try storing { () throws(StoreError) in try store.document(file.digest) }
        do {
            return try JSONParser.parse(bytes).decode(type)
        } catch {
            throw .malformed("\(what): \(error)")
        }
    }
}
