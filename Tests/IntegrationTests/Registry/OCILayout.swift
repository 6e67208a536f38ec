import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// An OCI image layout that a test makes, for skopeo to copy from.
struct OCILayout {
    let path: String

    init(_ path: String) throws {
        self.path = path
        try tool("mkdir", "-p", path + "/blobs/sha256")
        try WholeFile.create(path + "/oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), mode: 0o644)
    }

    private func add(_ bytes: [UInt8], _ type: String) throws -> Descriptor {
        let digest = ContentHash.digest(bytes)
        try WholeFile.replace("\(path)/blobs/sha256/\(digest.hex)", bytes, mode: 0o644)
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    /// Adds an image whose layers are these uncompressed archives, compressed here.
    func addImage(_ layers: [[UInt8]], platform: Platform = .host) throws -> Descriptor {
        let compressed = try layers.map {
            try add(tool("gzip", "-1", "-n", "-c", input: $0).outputBytes, MediaType.layerGzip)
        }
        let configuration = ImageConfiguration(
            platform: platform, config: nil, rootfs: .init(diffIDs: layers.map { ContentHash.digest($0) }))
        let config = try add(JSONValue.encode(configuration).bytes(), MediaType.configuration)
        var manifest = try add(
            JSONValue.encode(Manifest(config: config, layers: compressed)).bytes(), MediaType.manifest)
        manifest.platform = platform
        return manifest
    }

    /// Adds an index.
    func addIndex(_ manifests: [Descriptor]) throws -> Descriptor {
        try add(JSONValue.encode(Index(manifests: manifests)).bytes(), MediaType.index)
    }

    /// Makes this the layout's only image.
    func publish(_ descriptor: Descriptor) throws {
        let bytes = try JSONValue.encode(Index(manifests: [descriptor])).bytes()
        try WholeFile.replace(path + "/index.json", bytes, mode: 0o644)
    }

    /// An archive with one file.
    static func archive(_ name: String, _ contents: [UInt8]) throws -> [UInt8] {
        let directory = Environment.temporaryDirectory("hull-layer")
        defer { Environment.removeTree(directory) }
        try WholeFile.create(directory + "/" + name, contents)
        return try tool("tar", "-C", directory, "-cf", "-", name).outputBytes
    }

    /// Bytes that no compression makes smaller.
    static func noise(_ count: Int) throws -> [UInt8] {
        let file = try OwnedDescriptor.open("/dev/urandom", O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            filled += try systemCall("read") {
                bytes.withUnsafeMutableBytes { read(file.number, $0.baseAddress! + filled, count - filled) }
            }
        }
        return bytes
    }
}
