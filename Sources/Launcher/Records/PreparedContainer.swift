import ImageStore
import JSON
import LinuxSystem
import OCISpec

/// A container that is about to be started: all that is known of it, and the right to start it.
public struct PreparedContainer: ~Copyable {
    /// What was asked for.
    public let record: ContainerRecord
    /// Its OCI configuration.
    let spec: Spec
    let lock: SupervisorLock
    /// Whether its record is written meanwhile, by who starts its supervisor.
    let awaitsRecord: Bool
    /// What its micro-VM starts from; nil for a container on the host's kernel.
    let machine: MachineFiles?
    /// Where its micro-VM begins.
    let origin: MachineOrigin
}

/// A container that has all but its record, with which it exists.
public struct NewContainer: ~Copyable {
    /// What was asked for.
    public var record: ContainerRecord { prepared.record }
    let prepared: PreparedContainer
    let documents: ContainerDocuments
}

/// What is written of a new container: its OCI configuration, and last its record.
struct ContainerDocuments: ~Copyable {
    let record: ContainerRecord
    let spec: Spec
    let store: ContainerStore
    /// The image stays in the store until the record names it.
    let hold: ContentHold

    /// Writes both. From then on the container exists.
    consuming func write() throws {
        let directory = store.directory(record.id)
        try WholeFile.create(directory + "/config.json", JSONValue.encode(spec).bytes())
        try WholeFile.create(directory + "/record.json", JSONValue.encode(record).bytes())
        store.note("create", record)
    }
}
