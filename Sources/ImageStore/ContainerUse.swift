import CLinux
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// A container that was made from an image, as far as the image store cares.
struct ContainerUse {
    var id: String
    var image: Digest
    var isRunning: Bool
}

extension ImageStore {
    /// The containers of this root, by their records.
    func containerUses() throws(StoreError) -> [ContainerUse] {
        let directory = root + "/containers"
        var uses: [ContainerUse] = []
        for id in try StoreFiles.names(in: directory) {
            // A container may go away while we look, and one that is being made has no record yet.
            guard let bytes = try StoreFiles.read("\(directory)/\(id)/record.json", limit: Self.documentLimit) else {
                continue
            }
            let record: JSONValue
            do {
                record = try JSONParser.parse(bytes)
            } catch {
                throw .malformed(what: "\(directory)/\(id)/record.json", reason: "\(error)")
            }
            guard let image = record["image"]?["id"]?.stringValue.flatMap({ Digest($0) }) else { continue }
            uses.append(
                ContainerUse(id: id, image: image, isRunning: isLocked("\(directory)/\(id)/supervisor.lock")))
        }
        return uses
    }

    private func isLocked(_ path: String) -> Bool {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return false }
        return linux_flock(file.number, LOCK_SH | LOCK_NB) != 0
    }
}
