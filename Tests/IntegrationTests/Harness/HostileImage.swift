import Glibc
import ImageStore
import LinuxSystem
import OCISpec
import TarBytes

/// Docker-archives around layers made byte by byte.
enum HostileImage {
    /// An archive of one image with one layer.
    ///
    /// - Parameter diffID: what the image says of its layer; the truth without it.
    static func archive(layer: [UInt8], diffID: Digest? = nil, name: String = "hostile:latest") -> [UInt8] {
        archive(layers: [layer], diffIDs: [diffID ?? ContentHash.digest(layer)], name: name)
    }

    /// An archive of one image with layers, lowest first.
    static func archive(layers: [[UInt8]], diffIDs: [Digest]? = nil, name: String) -> [UInt8] {
        func list(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ",") }
        let digests = list((diffIDs ?? layers.map { ContentHash.digest($0) }).map(\.description))
        var archive = TarBytes()
        archive.add(
            "config.json",
            Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[\#(digests)]}}"#.utf8))
        for (index, layer) in layers.enumerated() { archive.add("layer\(index).tar", layer) }
        let files = list(layers.indices.map { "layer\($0).tar" })
        archive.add(
            "manifest.json", Array(#"[{"Config":"config.json","RepoTags":["\#(name)"],"Layers":[\#(files)]}]"#.utf8))
        return archive.finished
    }

    /// An archive whose layer has the entries that a closure adds.
    static func archive(_ build: (inout TarBytes) -> Void) -> [UInt8] {
        var layer = TarBytes()
        build(&layer)
        return archive(layer: layer.finished)
    }
}
