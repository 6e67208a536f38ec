import Glibc
import JSON
import LinuxSystem

/// Running micro-VMs that users had written down with their workloads: `ROOT/snapshots/NAME`, complete once it has this name.
public struct SnapshotStore: Sendable {
    private let root: String

    /// Works in a store's directory.
    public init(root: String) { self.root = root }

    var directories: FinishedDirectories { FinishedDirectories(directory: root + "/snapshots") }

    func path(_ name: String) -> String { directories.path(name) }

    /// The names of a snapshot's files beside those of its machine.
    enum File {
        static let agentDisk = "agent.erofs"
        static let imageDisk = "image.erofs"
        static let scratchDisk = "storage.ext4"
    }

    /// The names of all that are there.
    public func names() throws -> [String] { try directories.names }

    /// Whether there is one.
    func has(_ name: String) -> Bool { unsafe access(path(name), F_OK) == 0 }

    /// What is written of one.
    ///
    /// - Throws: where there is none of this name, or it is not to be trusted.
    public func description(_ name: String) throws -> SnapshotDescription { try open(name).description }

    /// Opens and verifies one.
    func open(_ name: String) throws -> OpenSnapshot {
        let name = try Self.checked(name)
        guard has(name) else {
            throw LaunchError("no such snapshot: \(name): 'hull snapshot list' shows those that there are", status: 1)
        }
        do {
            return try OpenSnapshot(path(name))
        } catch {
            throw LaunchError("snapshot \(name) cannot be used: \(error)", status: 1)
        }
    }

    /// Verifies all of one: memory and disk, too.
    ///
    /// - Throws: what is wrong with it.
    public func verify(_ name: String) throws {
        let open = try open(name)
        do {
            try open.machine.verifyMemory()
            try open.verifyScratchDisk()
        } catch {
            throw LaunchError("snapshot \(name) cannot be used: \(error)", status: 1)
        }
    }

    /// Removes one. Machines that run keep what they have mapped.
    public func remove(_ name: String) throws {
        let name = try Self.checked(name)
        guard has(name) else { throw LaunchError("no such snapshot: \(name)", status: 1) }
        try directories.remove(name)
    }

    /// The bytes that are its own on disk.
    public func size(_ name: String) -> Int64 {
        SavedMachine.size(path(name), [SavedMachine.File.state, SavedMachine.File.memory, File.scratchDisk])
    }

    /// A name of a snapshot: the same rule as a container's, so none leads elsewhere.
    static func checked(_ name: String) throws -> String {
        do throws(Unacceptable) {
            return try RunOptions.containerName(name)
        } catch {
            throw LaunchError("invalid name '\(InvalidOption.shown(name))' of a snapshot: \(error.reason)", status: 1)
        }
    }
}

/// A snapshot that was verified, with its files open.
struct OpenSnapshot: ~Copyable {
    let description: SnapshotDescription
    let machine: OpenMachine
    private let directory: TrustedDirectory

    /// - Throws: why it is not to be used.
    init(_ path: String) throws {
        let directory = try TrustedDirectory(path)
        let description: SnapshotDescription = try directory.read(SavedMachine.File.description)
        let machine = try OpenMachine(directory, description.machine)
        for (name, stamp) in [
            (SnapshotStore.File.agentDisk, description.agentDisk),
            (SnapshotStore.File.imageDisk, description.imageDisk),
        ] {
            let file = try OwnedDescriptor.open(path + "/" + name, O_RDONLY | O_NOFOLLOW)
            guard try FileStamp(file, name).isSameFile(as: stamp) else {
                throw LaunchError("its \(name) was changed or replaced")
            }
        }
        self.machine = machine
        self.directory = directory
        self.description = description
    }

    /// Opens the disk with the workload's changes.
    private func openScratchDisk(_ copy: SnapshotDescription.ScratchCopy) throws -> OwnedDescriptor {
        let file = try directory.open(SnapshotStore.File.scratchDisk)
        guard try FileStamp(file, SnapshotStore.File.scratchDisk) == copy.file else {
            throw LaunchError("its \(SnapshotStore.File.scratchDisk) was changed or replaced")
        }
        return file
    }

    /// Verifies that disk whole.
    func verifyScratchDisk() throws {
        guard let copy = description.scratchDisk else { return }
        guard try SparseFile.digest(openScratchDisk(copy), SnapshotStore.File.scratchDisk) == copy.digest else {
            throw LaunchError("its \(SnapshotStore.File.scratchDisk) is not what was written")
        }
    }

    /// Copies that disk to a new machine's, where there is one.
    func copyScratchDisk(to path: String) throws {
        guard let copy = description.scratchDisk else { return }
        let target = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        try SparseFile.copy(openScratchDisk(copy), SnapshotStore.File.scratchDisk, to: target)
    }
}
