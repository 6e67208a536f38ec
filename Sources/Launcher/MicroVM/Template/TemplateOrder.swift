import CommandLineOptions
import LinuxSystem
import OCISpec

/// The machine that `hull template build` is asked for: of the same options `hull run` makes the same.
public struct TemplateOrder: Sendable {
    let shape: MachineShape
    let machine: MachineRequest

    /// The options of `run` that shape a machine.
    public static var table: [Option] {
        RunOptions.table.filter { ["--memory", "--cpus", "--kernel", "--kernel-arg"].contains($0.name) }
    }

    /// Reads the options.
    ///
    /// - Parameter arguments: of a command whose options include `TemplateOrder.table`.
    public init(_ arguments: Arguments, _ configuration: Configuration, _ surroundings: Surroundings) throws {
        var limits = configuration.runOptions.limits
        limits.memory = try arguments.parsed("--memory", LimitOptions.memory) ?? limits.memory
        let processors = try arguments.parsed("--cpus") { text throws(Unacceptable) in
            try Quantity.processors(text, available: surroundings.processors)
        }
        if let processors { limits.take(processors: processors) }
        var resources = Spec.Resources()
        resources.memory = Spec.Resources.Memory()
        resources.memory?.limit = limits.memory
        resources.cpu = Spec.Resources.CPU()
        resources.cpu?.quota = limits.cpuQuota
        resources.cpu?.period = limits.cpuPeriod
        shape = MachineShape(resources)
        var machine = MachineRequest()
        try machine.readKernel(arguments, surroundings.workingDirectory)
        self.machine = machine
    }
}

extension ContainerStore {
    /// Makes a template unless it is there.
    ///
    /// - Parameter tell: is told what is done, a line each.
    /// - Returns: its key.
    public func makeTemplate(_ order: TemplateOrder, tell: (String) -> Void) throws -> String {
        // Told before anything is made.
        _ = try MachineHost.openKVM()
        let files = try machineFiles(kernel: order.machine.kernel)
        let store = TemplateStore(root: root)
        let key = try store.key(files, order.shape, kernelArguments: order.machine.kernelArguments)
        // Whatever the reason was, it is looked for again.
        if store.isRefused(key) { try store.remove(key) }
        if store.has(key) { tell("the template is there already: \(store.path(key))") }
        _ = try store.provide(files, order.shape, kernelArguments: order.machine.kernelArguments, tell: tell)
        if let reason = try store.refusal(key) {
            throw LaunchError("the machine cannot be written down, so it is booted at each start: \(reason)", status: 1)
        }
        return key
    }
}
