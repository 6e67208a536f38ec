import Glibc
import JSON
import LinuxSystem

/// Names in a store, read without making or locking anything; for completions and counts.
public enum StoreNames {
    static let maximumIndexSize = 16 << 20

    /// Names of containers; empty where the store is not there.
    public static func containers(_ root: String) -> [String] {
        list(root + "/names")
    }

    /// Ids of containers.
    public static func containerIDs(_ root: String) -> [String] {
        list(root + "/containers").filter { !$0.hasPrefix(".") }
    }

    private static func list(_ path: String) -> [String] {
        // A store that cannot be read has no names to offer.
        (try? WholeFile.names(in: path).sorted()) ?? []
    }

    /// Names of images as people write them: without Docker Hub's prefix.
    public static func images(_ root: String) -> [String] {
        let path = root + "/images/index.json"
        // A store that is not there, or whose index is broken, has no names to offer.
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK),
            let bytes = try? BoundedFile.read(file, path, limit: maximumIndexSize),
            let index = try? JSONParser.parse(bytes)
        else { return [] }
        return (index["manifests"]?.arrayValue ?? []).compactMap { manifest in
            manifest["annotations"]?["org.opencontainers.image.ref.name"]?.stringValue.map(short)
        }
    }

    static func short(_ name: String) -> String {
        for prefix in ["docker.io/library/", "docker.io/"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.utf8.count))
        }
        return name
    }
}
