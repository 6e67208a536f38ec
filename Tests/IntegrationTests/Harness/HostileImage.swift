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
        let digest = diffID ?? ContentHash.digest(layer)
        var archive = TarBytes()
        archive.add(
            "config.json",
            Array(
                #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(digest)"]}}"#.utf8))
        archive.add("layer.tar", layer)
        archive.add(
            "manifest.json",
            Array(#"[{"Config":"config.json","RepoTags":["\#(name)"],"Layers":["layer.tar"]}]"#.utf8))
        return archive.finished
    }

    /// An archive whose layer has the entries that a closure adds.
    static func archive(_ build: (inout TarBytes) -> Void) -> [UInt8] {
        var layer = TarBytes()
        build(&layer)
        return archive(layer: layer.finished)
    }
}
