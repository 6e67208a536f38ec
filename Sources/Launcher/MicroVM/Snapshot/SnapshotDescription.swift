import LinuxSystem
import OCISpec

/// What a snapshot is of: `description.json`. It has all that a new container is made of.
public struct SnapshotDescription: Codable, Equatable, Sendable {
    /// The machine.
    public var machine: SavedMachine
    /// The container, as it was. The image store looks here for the image's id before it removes an image.
    public var record: ContainerRecord
    /// Its OCI configuration.
    public var spec: Spec
    /// The files that Hull made for its /etc, by their names in a container's directory.
    public var files: [String: String]
    /// The read-only disks of the machine, which are kept with the snapshot: what the file system knows of them.
    public var agentDisk: FileStamp
    /// As above.
    public var imageDisk: FileStamp
    /// The disk with the workload's changes; nil where they were in memory.
    public var scratchDisk: ScratchCopy?

    /// How long ago it was made.
    public var age: String { HumanUnits.since(WallClock(nanoseconds: machine.created)) }

    /// A copy of the scratch disk.
    public struct ScratchCopy: Codable, Equatable, Sendable {
        /// What the file system knows of it, which is verified at each use.
        public var file: FileStamp
        /// Its digest, which is verified where one asks for it.
        public var digest: String
    }
}
