import Glibc
import ImageStore
import JSON
import OCISpec

/// A store in a directory of its own, removed with it.
final class StoreFixture {
    let store: ImageStore

    init() throws {
        var template = Array("/tmp/hull-store-test-XXXXXX".utf8CString)
        store = try ImageStore(root: unsafe String(cString: mkdtemp(&template)))
    }

    deinit { try? TreeRemoval.remove(store.root) }

    /// Adds an image with as many layers as there are texts; the layers' directories are made too.
    @discardableResult
    func addImage(
        _ name: String?, layers: [String] = ["layer"], platform: Platform = .host, unpacked: Bool = true
    ) throws -> Descriptor {
        let hold = try store.hold()
        var descriptors: [Descriptor] = []
        var diffIDs: [Digest] = []
        for text in layers {
            let digest = try store.addBlob(Array(text.utf8))
            descriptors.append(
                Descriptor(mediaType: MediaType.layer, digest: digest, size: Int64(text.utf8.count)))
            diffIDs.append(digest)
            if unpacked, !store.hasLayer(digest) {
                let work = try store.makeLayerWork()
                try store.place(work, as: digest, LayerRecord(size: 100, entries: 1))
            }
        }
        let configuration = ImageConfiguration(
            platform: platform, config: nil, rootfs: ImageConfiguration.RootFilesystem(diffIDs: diffIDs))
        let config = try add(configuration, MediaType.configuration)
        let manifest = try add(Manifest(config: config, layers: descriptors), MediaType.manifest)
        if let name {
            try store.setReference(Reference(name), to: manifest)
        }
        _ = consume hold
        return manifest
    }

    func add<Value: Encodable>(_ value: Value, _ type: String, platform: Platform? = nil) throws -> Descriptor {
        let bytes = try JSONValue.encode(value).bytes()
        return Descriptor(
            mediaType: type, digest: try store.addBlob(bytes), size: Int64(bytes.count), platform: platform)
    }

    /// Adds a container's record, as the launcher writes it.
    func addContainer(_ id: String, image: Digest) throws {
        let directory = store.root + "/containers/" + id
        mkdir(store.root + "/containers", 0o755)
        mkdir(directory, 0o755)
        write(directory + "/record.json", #"{"image":{"id":"\#(image)"}}"#)
        write(directory + "/supervisor.lock", "")
    }

    func write(_ path: String, _ text: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = Glibc.write(file, text, text.utf8.count)
        close(file)
    }

    func names(_ directory: String) -> [String] {
        guard let stream = opendir(store.root + "/" + directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
