import Glibc
import ImageStore
import JSON
import LinuxSystem
import OCISpec

extension ContainerStore {
    /// Writes a running micro-VM down, with its workload. It runs on, unless it is to end.
    ///
    /// - Parameters:
    ///   - name: the snapshot's.
    ///   - ends: whether the container is killed when the snapshot is whole.
    public func createSnapshot(_ name: String, of container: String, ends: Bool) throws {
        let name = try SnapshotStore.checked(name)
        let view = try view(named: container)
        let record = view.record
        if view.running == nil { throw LaunchError.notRunning(record.name) }
        if view.isPaused { throw LaunchError("container \(record.name) is paused: unpause it first", status: 1) }
        let snapshots = SnapshotStore(root: root)
        // The image stays in the store until the snapshot names it.
        let hold = try ImageStore(root: root).hold()
        try snapshots.directories.make(name, unless: { try Self.refuseTaken(name, snapshots) }) { directory in
            guard let supervisor = try SupervisorConnection.connect(record, self, .none) else {
                throw LaunchError.notRunning(record.name)
            }
            try supervisor.save(to: directory)
            let description = try describe(record, directory)
            try WholeFile.create(
                directory + "/" + SavedMachine.File.description, JSONValue.encode(description).bytes(), mode: 0o600)
        }
        _ = consume hold
        note("checkpoint", record, ["snapshot": name])
        if ends { try kill(record.id, SIGKILL) }
    }

    private static func refuseTaken(_ name: String, _ snapshots: SnapshotStore) throws -> Bool {
        if snapshots.has(name) {
            throw LaunchError("snapshot \(name) is there already: remove it first, or choose another name", status: 1)
        }
        return false
    }

    /// What the supervisor has written is described.
    private func describe(_ record: ContainerRecord, _ directory: String) throws -> SnapshotDescription {
        let spec = try spec(record.id)
        let own = self.directory(record.id) + "/"
        var files: [String: String] = [:]
        for mount in spec.mounts ?? [] {
            guard let source = mount.source, source.hasPrefix(own), let bytes = try WholeFile.read(source) else {
                continue
            }
            files[String(source.dropFirst(own.count))] = String(decoding: bytes, as: UTF8.self)
        }
        var scratch: SnapshotDescription.ScratchCopy?
        let path = directory + "/" + SnapshotStore.File.scratchDisk
        if let disk = try OwnedDescriptor.openPresent(path, O_RDONLY) {
            try systemCall("fsync", path) { fsync(disk.number) }
            scratch = SnapshotDescription.ScratchCopy(
                file: try FileStamp(disk, path), digest: try SparseFile.digest(disk, path))
        }
        return SnapshotDescription(
            machine: try SavedMachine(directory, MachineShape(spec)), record: record, spec: spec, files: files,
            agentDisk: try FileStamp(path: directory + "/" + SnapshotStore.File.agentDisk),
            imageDisk: try FileStamp(path: directory + "/" + SnapshotStore.File.imageDisk), scratchDisk: scratch)
    }
}
