import ImageStore
import LinuxSystem

/// The files that a micro-VM starts from, by their absolute paths, and who its monitor becomes.
public struct MachineFiles: Equatable, Sendable {
    /// The guest's kernel, an ELF `vmlinux`; nil where the machine goes on from a snapshot, which has it in its memory.
    public let kernel: String?
    /// The read-only disk that the guest's kernel mounts as its root: `hull-agent` as `/init`.
    public let agentDisk: String
    /// The read-only disk of the image, all its layers put together; nil for a template's machine, which has none yet.
    public var imageDisk: String?
    /// The disk that takes the workload's changes; nil where the guest's memory does.
    public var scratchDisk: String?
    /// The machine monitor, `hull-vmm`.
    public let monitor: String
    /// The users that the monitor takes one of.
    public let users: MachineUsers
}

extension ContainerStore {
    /// Finds the files of a container's micro-VM, and makes the disks where they are not there yet.
    ///
    /// What it names may be removed from the store as soon as nothing refers to the image: the caller holds a
    /// `ContentHold`, or the image has a container, until the files are open.
    ///
    /// - Throws: `LaunchError` where something is missing, with what to do.
    public func machineFiles(_ record: ContainerRecord) throws -> MachineFiles {
        var files = try machineFiles(kernel: record.machine?.kernel)
        let images = try ImageStore(root: root)
        let diffIDs = try record.layers.reversed().map { path in
            guard let digest = images.diffID(layerDirectory: path) else {
                throw LaunchError("\(InvalidOption.shown(path)) is no layer of the store \(root)")
            }
            return digest
        }
        let imageDisk = images.imageDisk(diffIDs)
        if !isReadable(imageDisk) { try ImageProgram(root: root, configuration: configuration).makeDisk(diffIDs) }
        files.imageDisk = imageDisk
        if record.machine?.storageSize != nil { files.scratchDisk = scratchDisk(record.id) }
        return files
    }

    /// The files of a micro-VM without an image.
    ///
    /// - Parameter kernel: the one that was asked for.
    func machineFiles(kernel: String?) throws -> MachineFiles {
        // First what is only looked for, so that nothing is made for a machine that cannot be.
        let environment = try Surroundings.current().environment
        let kernel = try KernelFiles(root: root, configuration, environment).find(chosen: kernel)
        let monitor = try HelperProgram.path("hull-vmm", configuration)
        let agent = try HelperProgram.path("hull-agent", configuration)
        let agentDisk = try ImageStore(root: root).agentDisk(agent: agent)
        if !isReadable(agentDisk) { try ImageProgram(root: root, configuration: configuration).makeAgentDisk(agent) }
        return MachineFiles(kernel: kernel, agentDisk: agentDisk, monitor: monitor, users: configuration.machineUsers)
    }
}
