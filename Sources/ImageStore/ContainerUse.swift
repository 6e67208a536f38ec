import CLinux
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// A container that was made from an image, or a snapshot of one, as far as the image store cares.
struct ContainerUse {
    /// Who it is, for people.
    var holder: String
    var image: Digest
    var isRunning: Bool
}

extension ImageStore {
    /// The containers of this root and their snapshots, by their records.
    func containerUses() throws(StoreError) -> [ContainerUse] {
        var uses: [ContainerUse] = []
        let containers = root + "/containers"
        for id in try StoreFiles.names(in: containers) {
            guard let record = try document("\(containers)/\(id)/record.json"), let image = Self.image(record) else {
                continue
            }
            uses.append(
                ContainerUse(
                    holder: "container \(id.prefix(12))", image: image,
                    isRunning: isLocked("\(containers)/\(id)/supervisor.lock")))
        }
        let snapshots = root + "/snapshots"
        for name in try StoreFiles.names(in: snapshots) where !name.hasPrefix(".") {
            guard let record = try document("\(snapshots)/\(name)/description.json")?["record"],
                let image = Self.image(record)
            else { continue }
            uses.append(ContainerUse(holder: "snapshot \(name)", image: image, isRunning: false))
        }
        return uses
    }

    private static func image(_ record: JSONValue) -> Digest? {
        record["image"]?["id"]?.stringValue.flatMap { Digest($0) }
    }

    /// A JSON file; nil where it is not there: a container may go away while we look, and one that is being made has no
    /// record yet.
    private func document(_ path: String) throws(StoreError) -> JSONValue? {
        guard let bytes = try StoreFiles.read(path, limit: Self.documentLimit) else { return nil }
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw .malformed(what: path, reason: "\(error)")
        }
    }

    private func isLocked(_ path: String) -> Bool {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return false }
        return linux_flock(file.number, LOCK_SH | LOCK_NB) != 0
    }
}
