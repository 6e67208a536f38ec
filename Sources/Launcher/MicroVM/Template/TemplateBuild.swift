import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import JSON
import LinuxSystem

extension TemplateStore {
    /// Sees to it that there is a template for a machine, as far as this host makes any.
    ///
    /// - Parameter tell: is told before one is made, which takes as long as a boot.
    /// - Returns: its key; nil where the machine is to be booted.
    func provide(
        _ files: MachineFiles, _ shape: MachineShape, kernelArguments: [String], tell: (String) -> Void
    ) throws -> String? {
        let key = try key(files, shape, kernelArguments: kernelArguments)
        if !has(key) {
            tell("making a template of a micro-VM with \(shape.memory) MiB (once; later starts go on from it)")
            try build(key, files, shape, kernelArguments)
        }
        return isRefused(key) ? nil : key
    }

    /// Boots a machine, waits until its agent does, and writes both down. Of makers at once one does it.
    func build(_ key: String, _ files: MachineFiles, _ shape: MachineShape, _ kernelArguments: [String]) throws {
        try makeDirectory(directory, mode: 0o700)
        let lock = try OwnedDescriptor.open(path(".lock"), O_RDWR | O_CREAT, mode: 0o600)
        try systemCall("flock", path(".lock")) { linux_flock(lock.number, LOCK_EX) }
        if has(key) { return }
        try removeUnfinished()
        let new = path(".new-\(key)")
        try makeDirectory(new, mode: 0o700)
        do {
            do {
                try fill(new, files, shape, kernelArguments)
            } catch {
                // Booting will tell what is wrong with the machine itself.
                try WholeFile.create(new + "/" + File.refusal, Array("\(error)\n".utf8), mode: 0o600)
            }
            try systemCall("rename", new) { unsafe rename(new, path(key)) }
        } catch {
            // The first error counts; what is left is removed by the next maker.
            try? Self.removeDirectory(new)
            throw error
        }
        _ = consume lock
    }

    /// What makers left that were killed: nobody else has the lock.
    private func removeUnfinished() throws {
        for name in try WholeFile.names(in: directory) where name.hasPrefix(".new-") || name.hasPrefix(".gone-") {
            try Self.removeDirectory(path(name))
        }
    }

    private func fill(
        _ directory: String, _ files: MachineFiles, _ shape: MachineShape, _ kernelArguments: [String]
    ) throws {
        let flags = O_RDWR | O_CREAT | O_EXCL
        let state = try OwnedDescriptor.open(directory + "/" + File.state, flags, mode: 0o600)
        let memory = try OwnedDescriptor.open(directory + "/" + File.memory, flags, mode: 0o600)
        let agent = try LocalSocket.Pair(.stream)
        let control = try LocalSocket.Pair()
        var empty = files
        (empty.imageDisk, empty.scratchDisk) = (nil, nil)
        let start = try MachineStart(empty, shape, kernelArguments: kernelArguments)
        let machine = try start.boot(
            further: ["--control", "\(control.second.number)"], [control.second.number],
            agent: agent.second.number)
        defer { machine.kill() }
        let connection = try GuestConnection(agent.first, peer: "the guest's agent")
        let hello = { (message: GuestMessage) in if case .hello = message { true } else { false } }
        try Self.await(hello, connection, machine)
        connection.send(.hello(version: AgentLimits.versions.upperBound))
        connection.send(.rehearse(request: 1, try TemplateRehearsal.configuration()))
        try Self.await({ $0 == .done(request: 1) }, connection, machine)
        try MachineControl(control.first).snapshot(state: state, memory: memory)
        for file in [state.number, memory.number] { try systemCall("fsync", directory) { fsync(file) } }
        let description = TemplateDescription(
            kernel: files.kernel, memory: shape.memory, processors: shape.processors,
            created: WallClock.now.nanoseconds, stateDigest: try Self.digest(state, directory),
            memoryDigest: try Self.digest(memory, directory),
            memoryFile: try TemplateDescription.FileStamp(memory, directory))
        try WholeFile.create(directory + "/" + File.description, JSONValue.encode(description).bytes(), mode: 0o600)
    }

    private static func await(
        _ isWanted: (GuestMessage) -> Bool, _ connection: GuestConnection, _ machine: MachineProcess
    ) throws {
        let end = WallClock.now.nanoseconds + 120_000_000_000
        while WallClock.now.nanoseconds < end {
            try connection.flush()
            var set = PollSet()
            set.add(connection.descriptor, connection.events)
            let ended = machine.watch(&set)
            _ = try set.wait(timeout: 1000)
            machine.listen()
            try connection.receive()
            while let message = try connection.next() {
                if isWanted(message) { return }
                if case .refused(_, let text) = message { throw LaunchError(GuestText.shown(text)) }
            }
            if set.isReady(ended) || connection.hasEnded {
                throw LaunchError("the machine ended: " + machine.lastLines(5).joined(separator: " | "))
            }
        }
        throw LaunchError("the guest's agent says nothing")
    }
}
