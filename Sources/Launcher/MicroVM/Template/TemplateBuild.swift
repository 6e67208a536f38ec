import AgentProtocol
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
        try directories.make(key, unless: { has(key) }) { new in
            do {
                try fill(new, files, shape, kernelArguments)
            } catch {
                // Booting will tell what is wrong with the machine itself. What was written of it is of no use.
                for name in [SavedMachine.File.state, SavedMachine.File.memory, SavedMachine.File.description] {
                    _ = unsafe unlink(new + "/" + name)
                }
                try WholeFile.create(new + "/" + Self.refusalName, Array("\(error)\n".utf8), mode: 0o600)
            }
        }
    }

    private func fill(
        _ path: String, _ files: MachineFiles, _ shape: MachineShape, _ kernelArguments: [String]
    ) throws {
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        let state = try SavedMachine.File.make(SavedMachine.File.state, at: directory.number)
        let memory = try SavedMachine.File.make(SavedMachine.File.memory, at: directory.number)
        let agent = try LocalSocket.Pair(.stream)
        let control = try LocalSocket.Pair()
        var empty = files
        (empty.imageDisk, empty.scratchDisk) = (nil, nil)
        let start = try MachineStart(empty, shape, kernelArguments: kernelArguments)
        let machine = try start.boot(
            further: ["--control", "\(control.second.number)"], [control.second.number], agent: agent.second.number)
        defer { machine.kill() }
        let connection = try GuestConnection(agent.first, peer: "the guest's agent")
        try AgentAnswer.awaitGreeting(connection, machine)
        connection.send(.hello(version: AgentLimits.versions.upperBound))
        connection.send(.rehearse(request: 1, try TemplateRehearsal.configuration()))
        try AgentAnswer.wait(connection, machine) { $0 == .done(request: 1) ? () : nil }
        let monitor = MachineControl(control.first)
        // The agent waits for as long as its connection is open.
        try withExtendedLifetime(connection) { try monitor.snapshot(state: state, memory: memory) }
        let description = TemplateDescription(kernel: files.kernel, machine: try SavedMachine(path, shape))
        try WholeFile.create(
            SavedMachine.File.description, at: directory.number, JSONValue.encode(description).bytes(), mode: 0o600)
    }
}
