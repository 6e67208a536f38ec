import ContainerRuntime
import Glibc
import LinuxSystem

/// Starts a machine monitor with its files: a kernel that boots, or a template from which the guest goes on.
struct MachineStart: ~Copyable {
    private let files: MachineFiles
    private let shape: MachineShape
    private let kernelArguments: [String]
    private let kvm: OwnedDescriptor
    private let agentDisk: OwnedDescriptor
    private let scratchDisk: CInt

    init(_ files: MachineFiles, _ shape: MachineShape, kernelArguments: [String], scratchDisk: String?) throws {
        let kvm = try MachineHost.openKVM()
        let agentDisk = try OwnedDescriptor.open(files.agentDisk, O_RDONLY)
        let scratch = try scratchDisk.map { try OwnedDescriptor.open($0, O_RDWR).release() } ?? -1
        self.files = files
        self.shape = shape
        self.kernelArguments = kernelArguments
        self.kvm = kvm
        self.agentDisk = agentDisk
        self.scratchDisk = scratch
    }

    deinit { if scratchDisk >= 0 { close(scratchDisk) } }

    /// Boots the kernel.
    ///
    /// - Parameters:
    ///   - empty: whether the image's and the scratch disk come later, to a copy.
    ///   - further: more words, and the descriptors that they name.
    ///   - agent: our socket's other end, to which the agent connects.
    func boot(
        empty: Bool = false, further words: [String] = [], _ descriptors: [CInt] = [], agent: CInt,
        in group: borrowing ControlGroup.Entrance = ControlGroup.Entrance()
    ) throws -> MachineProcess {
        let kernel = try OwnedDescriptor.open(files.kernel, O_RDONLY)
        let image = try OwnedDescriptor.open(files.imageDisk, O_RDONLY)
        var arguments = MachineProcess.Arguments(
            program: files.monitor,
            words: [
                "--kernel", "\(kernel.number)", "--memory", "\(shape.memory)", "--cpus", "\(shape.processors)",
                "--append",
                (["root=/dev/vda", "ro", "init=/init", "quiet"] + kernelArguments).joined(separator: " "),
            ], descriptors: [kernel.number])
        add(&arguments, agent: agent)
        if empty {
            arguments.words += ["--disk", "none:ro", "--disk", "none"]
        } else {
            add(&arguments, image: image.number)
            if scratchDisk >= 0 { addScratchDisk(&arguments) }
        }
        arguments.words += words
        arguments.descriptors += descriptors
        return try MachineProcess.start(arguments, in: group)
    }

    /// Goes on from a template.
    func restore(
        _ template: borrowing OpenTemplate, further words: [String], _ descriptors: [CInt], agent: CInt,
        in group: borrowing ControlGroup.Entrance
    ) throws -> MachineProcess {
        let image = try OwnedDescriptor.open(files.imageDisk, O_RDONLY)
        let (state, memory) = (template.state.number, template.memory.number)
        var arguments = MachineProcess.Arguments(
            program: files.monitor, words: ["--restore", "\(state)", "--memory-file", "\(memory)"],
            descriptors: [state, memory])
        add(&arguments, agent: agent)
        add(&arguments, image: image.number)
        if scratchDisk >= 0 { addScratchDisk(&arguments) } else { arguments.words += ["--disk", "none"] }
        arguments.words += words
        arguments.descriptors += descriptors
        return try MachineProcess.start(arguments, in: group)
    }

    private func add(_ arguments: inout MachineProcess.Arguments, agent: CInt) {
        arguments.words += [
            "--kvm", "\(kvm.number)", "--vsock", "3", "--vsock-port", "\(GuestVisit.port):\(agent)", "--disk",
            "\(agentDisk.number):ro",
        ]
        arguments.descriptors += [kvm.number, agent, agentDisk.number]
    }

    private func add(_ arguments: inout MachineProcess.Arguments, image: CInt) {
        arguments.words += ["--disk", "\(image):ro"]
        arguments.descriptors.append(image)
    }

    private func addScratchDisk(_ arguments: inout MachineProcess.Arguments) {
        arguments.words += ["--disk", "\(scratchDisk)"]
        arguments.descriptors.append(scratchDisk)
    }
}
