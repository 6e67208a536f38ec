import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec
import Testing

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

    /// Adds an image of one layer with one file.
    ///
    /// - Parameter contents: a shell command that writes it.
    func addImage(_ contents: String, platform: Platform = .host) throws -> Descriptor {
        let (layer, diffID) = try addLayer(contents)
        let configuration = ImageConfiguration(
            platform: platform, config: nil, rootfs: .init(diffIDs: [diffID]))
        let config = try add(JSONValue.encode(configuration).bytes(), MediaType.configuration)
        var manifest = try add(
            JSONValue.encode(Manifest(config: config, layers: [layer])).bytes(), MediaType.manifest)
        manifest.platform = platform
        return manifest
    }

    /// By other programs, because large layers take a test built for debugging long.
    private func addLayer(_ contents: String) throws -> (Descriptor, diffID: Digest) {
        let script = """
            set -e; cd "$0"; mkdir work; (\(contents)) > work/file; tar -C work -cf work.tar file
            gzip -1 -n -k work.tar; sha256sum work.tar work.tar.gz | cut -d ' ' -f 1; stat -c %s work.tar.gz
            mv work.tar.gz blobs/sha256/$(sha256sum work.tar.gz | cut -d ' ' -f 1); rm -r work work.tar
            """
        let lines = try tool("sh", "-c", script, path).lines
        let diffID = try #require(Digest("sha256:\(lines[0])"))
        let digest = try #require(Digest("sha256:\(lines[1])"))
        return (
            Descriptor(mediaType: MediaType.layerGzip, digest: digest, size: try #require(Int64(lines[2]))), diffID
        )
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
}
