import ImageStore
import LinuxSystem

/// The files that a micro-VM starts from, by their absolute paths.
public struct MachineFiles: Equatable, Sendable {
    /// The guest's kernel, an ELF `vmlinux`.
    public let kernel: String
    /// The read-only disk that the guest's kernel mounts as its root: `hull-agent` as `/init`.
    public let agentDisk: String
    /// The read-only disk of the image, all its layers put together.
    public let imageDisk: String
    /// The machine monitor, `hull-vmm`.
    public let monitor: String
    /// The disk that takes the workload's changes; nil where the guest's memory does.
    public let scratchDisk: String?

    /// Finds the files, and makes the disks where they are not there yet.
    ///
    /// What it names may be removed from the store as soon as nothing refers to the image: the caller holds a
    /// `ContentHold`, or the image has a container, until the files are open.
    ///
    /// - Parameters:
    ///   - root: the store's directory, as `--root`.
    ///   - layers: the image's unpacked layers, topmost first, as `ContainerRecord.layers`.
    ///   - kernel: the kernel that the user chose for this machine.
    ///   - configuration: for the places of Hull's programs and of the kernel.
    ///   - environment: for the place of kernels that were built.
    /// - Throws: `LaunchError` where something is missing, with what to do.
    public static func find(
        root: String, layers: [String], kernel: String?, configuration: Configuration, environment: [String: String]
    ) throws -> MachineFiles {
        // First what is only looked for, so that nothing is made for a machine that cannot be.
        let kernel = try KernelFiles(root: root, configuration, environment).find(chosen: kernel)
        let vmm = try program("hull-vmm", configuration)
        let agent = try program("hull-agent", configuration)
        let store = try ImageStore(root: root)
        let diffIDs = try layers.reversed().map { path in
            guard let digest = store.diffID(layerDirectory: path) else {
                throw LaunchError("\(InvalidOption.shown(path)) is no layer of the store \(root)")
            }
            return digest
        }
        let maker = ImageProgram(root: root, configuration: configuration)
        let imageDisk = store.imageDisk(diffIDs)
        if !isReadable(imageDisk) { try maker.makeDisk(diffIDs) }
        let agentDisk = try store.agentDisk(agent: agent)
        if !isReadable(agentDisk) { try maker.makeAgentDisk(agent) }
        return MachineFiles(kernel: kernel, agentDisk: agentDisk, imageDisk: imageDisk, monitor: vmm, scratchDisk: nil)
    }

    /// The path of one of Hull's own programs, found as those that `hull` runs are.
    static func program(_ name: String, _ configuration: Configuration) throws(LaunchError) -> String {
        if let path = HelperProgram(name: name, path: configuration.paths[name]).find() { return path }
        throw LaunchError(HelperProgram.missing(name))
    }
}

extension ContainerStore {
    /// The files of a container's micro-VM.
    func machineFiles(_ record: ContainerRecord) throws -> MachineFiles {
        let surroundings = try Surroundings.current()
        return try MachineFiles.find(
            root: root, layers: record.layers, kernel: nil,
            configuration: Configuration.load(chosen: nil, surroundings), environment: surroundings.environment)
    }
}
