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
    private let imageDisk: CInt
    private let scratchDisk: CInt
    private let user: MachineUser?

    init(_ files: MachineFiles, _ shape: MachineShape, kernelArguments: [String]) throws {
        let kvm = try MachineHost.openKVM()
        let agentDisk = try OwnedDescriptor.open(files.agentDisk, O_RDONLY)
        let user = try files.users.take()
        let image = try files.imageDisk.map { try OwnedDescriptor.open($0, O_RDONLY).release() } ?? -1
        let scratch = try files.scratchDisk.map { try OwnedDescriptor.open($0, O_RDWR).release() } ?? -1
        self.files = files
        self.shape = shape
        self.kernelArguments = kernelArguments
        self.kvm = kvm
        self.agentDisk = agentDisk
        imageDisk = image
        scratchDisk = scratch
        self.user = user
    }

    deinit { for number in [imageDisk, scratchDisk] where number >= 0 { close(number) } }

    /// Boots the kernel.
    ///
    /// - Parameters:
    ///   - further: more words, and the descriptors that they name.
    ///   - agent: our socket's other end, to which the agent connects.
    func boot(
        further words: [String], _ descriptors: [CInt], agent: CInt,
        in group: borrowing ControlGroup.Entrance = ControlGroup.Entrance()
    ) throws -> MachineProcess {
        guard let path = files.kernel else {
            throw LaunchError("this machine goes on from a snapshot, and cannot boot")
        }
        let kernel = try OwnedDescriptor.open(path, O_RDONLY)
        var arguments = MachineProcess.Arguments(
            program: files.monitor,
            words: [
                "--kernel", "\(kernel.number)", "--memory", "\(shape.memory)", "--cpus", "\(shape.processors)",
                "--append",
                (["root=/dev/vda", "ro", "init=/init", "quiet"] + kernelArguments).joined(separator: " "),
            ], descriptors: [kernel.number])
        addUser(&arguments)
        addDevices(&arguments, agent: agent)
        arguments.words += words
        arguments.descriptors += descriptors
        return try MachineProcess.start(arguments, in: group)
    }

    /// Goes on from a machine that was written down.
    func restore(
        _ saved: borrowing OpenMachine, further words: [String], _ descriptors: [CInt], agent: CInt,
        in group: borrowing ControlGroup.Entrance
    ) throws -> MachineProcess {
        let (state, memory) = (saved.state.number, saved.memory.number)
        var arguments = MachineProcess.Arguments(
            program: files.monitor, words: ["--restore", "\(state)", "--memory-file", "\(memory)"],
            descriptors: [state, memory])
        addUser(&arguments)
        addDevices(&arguments, agent: agent)
        arguments.words += words
        arguments.descriptors += descriptors
        return try MachineProcess.start(arguments, in: group)
    }

    /// Adds whom the monitor becomes. It keeps the lock open; ours is closed when the machine has started.
    private func addUser(_ arguments: inout MachineProcess.Arguments) {
        switch user {
        case .some(let user):
            arguments.words += ["--user", "\(user.number):\(user.descriptor)"]
            arguments.descriptors.append(user.descriptor)
        case .none: break
        }
    }

    /// Adds the devices, in every machine the same: so a copy of any can go on with others. A disk that is not there yet is
    /// a place without one.
    private func addDevices(_ arguments: inout MachineProcess.Arguments, agent: CInt) {
        arguments.words += [
            "--kvm", "\(kvm.number)", "--vsock", "3", "--vsock-port", "\(GuestVisit.port):\(agent)", "--disk",
            "\(agentDisk.number):ro", "--balloon",
        ]
        arguments.descriptors += [kvm.number, agent, agentDisk.number]
        for (disk, access) in [(imageDisk, ":ro"), (scratchDisk, "")] {
            arguments.words += ["--disk", (disk < 0 ? "none" : "\(disk)") + access]
            if disk >= 0 { arguments.descriptors.append(disk) }
        }
    }
}
