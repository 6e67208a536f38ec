import Glibc
import ImageStore
import JSON
import LinuxSystem

extension ContainerStore {
    /// Records where a container is in its life.
    func write(_ lifecycle: Lifecycle, _ id: String) throws {
        let bytes = try JSONValue.encode(LifecycleDocument(lifecycle)).bytes()
        try WholeFile.replace(directory(id) + "/state.json", bytes)
    }

    /// Adds an event of a container. A log that cannot be written stops nothing.
    public func note(_ action: String, _ record: ContainerRecord, _ attributes: [String: String] = [:]) {
        var all = ["name": record.name, "image": record.image.name]
        all.merge(attributes) { _, new in new }
        try? events.append(Event("container", action, id: record.id, attributes: all))
    }

    /// Removes a container for good. Whoever is killed after the first step leaves what `removeAbandoned` removes.
    func remove(_ record: ContainerRecord, holding lock: borrowing SupervisorLock) throws {
        forget(record)
        try removeDirectory(record.id)
        note("destroy", record)
    }

    /// Removes what a container is known by, its record and its name. Its directory is nobody's then.
    func forget(_ record: ContainerRecord) {
        _ = unsafe unlink(directory(record.id) + "/record.json")
        releaseName(record.name, of: record.id)
    }

    /// Removes a container's directory. The record goes first: without it the rest is nobody's.
    func removeDirectory(_ id: String) throws {
        let directory = try OwnedDescriptor.open(containers, O_RDONLY | O_DIRECTORY)
        _ = unsafe unlinkat(directory.number, "\(id)/record.json", 0)
        do throws(SystemError) {
            try TreeRemoval.remove(id, at: directory.number)
        } catch {
            guard geteuid() != 0, error.number == EACCES || error.number == EPERM else { throw error }
            try removeByUserNamespace(id)
        }
    }

    /// Removes what is left of a container whose files belong to other ids of a user's range: it gets a name that a sweep
    /// of the image store removes, and `hull-image` sweeps as root of the user's own user namespace.
    private func removeByUserNamespace(_ id: String) throws {
        let doomed = try ImageStore(root: root).layers + "/tmp-\(id)"
        try systemCall("rename", id) { unsafe Glibc.rename(self.directory(id), doomed) }
        try ImageProgram(root: root, configuration: Configuration()).sweep()
    }

    /// Gives a container another name.
    public func rename(_ record: ContainerRecord, to name: String) throws {
        if name == record.name { throw LaunchError("the container already has the name \(name)", status: 1) }
        guard try claimName(name, for: record.id) else {
            throw LaunchError("the name \(name) is in use", status: 1)
        }
        var renamed = record
        renamed.name = name
        do {
            try WholeFile.replace(directory(record.id) + "/record.json", JSONValue.encode(renamed).bytes())
        } catch {
            releaseName(name, of: record.id)
            throw error
        }
        releaseName(record.name, of: record.id)
        note("rename", renamed, ["oldName": record.name])
    }
}
