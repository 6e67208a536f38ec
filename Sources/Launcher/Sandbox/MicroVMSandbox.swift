import AgentProtocol
import ContainerRuntime
import Glibc
import LinuxSystem
import OCISpec
import Wire

/// A workload behind a kernel of its own: a micro-VM by `hull-vmm`, in which the agent makes the workload.
final class MicroVMSandbox: Sandbox {
    let record: ContainerRecord
    let spec: Spec
    let directory: String
    let files: MachineFiles
    private let origin: MachineOrigin
    private let root: String
    private var machine: MachineProcess?
    private(set) var control: MachineControl?
    private(set) var connection: GuestConnection?
    private(set) var workload: GuestProcessStreams?
    private var terminal: OwnedDescriptor?
    private var group: ControlGroup?
    private var machineEnd: Int
    /// Whether the guest has made the workload, which waits.
    private var isConfigured = false
    /// How the machine ended, where that was before its workload's end.
    private(set) var brokenOff: Int32?
    /// When a workload that was killed must have ended.
    private var deadline: Int64?
    private(set) var running: Lifecycle.Running?
    private(set) var notes: [String] = []

    /// The socket in a container's directory by which programs of the host reach its agent.
    static let socketName = "machine.sock"
    /// How long a guest may take to an answer, in milliseconds: the slowest hosts emulate it.
    private static let answerTime: Int64 = 120_000
    /// How long a guest may take to end a workload that was killed.
    private static let killTime: Int64 = 5000
    /// The number of the only request that we make of the agent.
    private static let countRequest: UInt32 = 1
    /// Warnings of a guest that are shown, at most.
    private static let maximumNotes = 50

    /// A container of a store.
    init(
        _ record: ContainerRecord, _ spec: Spec, _ store: ContainerStore, _ files: MachineFiles, _ origin: MachineOrigin
    ) {
        self.record = record
        self.spec = spec
        self.files = files
        self.origin = origin
        root = store.root
        directory = store.directory(record.id)
        machineEnd = -1
    }

    // MARK: Start

    func create(streams: StandardStreams?) throws {
        do {
            try startMachine()
            guard let machine else { return }
            let state = try ContainerState.standing(
                for: machine.pid, id: record.id, bundle: directory, controlGroup: group)
            try openStreams(streams)
            if isCopy {
                try renew()
                RunTrace.mark(.created)
            }
            running = Lifecycle.Running(container: state, supervisor: getpid(), startedAt: WallClock.now.nanoseconds)
        } catch {
            _ = delete()
            throw error
        }
    }

    /// What the agent is told of the workload; nil where the workload is in the machine already.
    private func configuration() throws -> WorkloadConfiguration? {
        if isCopy { return nil }
        return try GuestSpecification(record, spec, directory: directory).configuration(
            storage: files.scratchDisk == nil ? .memory(limit: 0) : .disk)
    }

    /// Whether it goes on with the workload of another.
    private var isCopy: Bool {
        if case .snapshot = origin { return true }
        return false
    }

    func start() throws {
        if isCopy { return try goOn() }
        // It does what it was told before, and then this: we need not hear of the one to say the other.
        connection?.send(.start)
        try wait(for: .started(process: AgentLimits.workload))
    }

    /// Goes on from where it is to begin. A template can be done without, a snapshot cannot.
    private func startMachine() throws {
        let shape = MachineShape(spec)
        try makeControlGroup(shape)
        let started = Result { try startProcess(shape, origin) }
        // Made while the process gets ready. What is wrong with it is not the template's fault.
        let configuration = try configuration()
        do {
            try started.get()
            try meetAgent(configuration)
        } catch {
            guard case .template(let template) = origin else { throw error }
            machine?.kill()
            brokenOff = nil
            // Where this fails as well, it is the host that lacks something, and the template is as good as it was.
            try startProcess(shape, .boot)
            try meetAgent(configuration)
            // Whatever is wrong with it, the next start makes a new one.
            try? TemplateStore(root: root).remove(template)
            notes.append("the template could not be used, so the micro-VM was booted: \(error)")
        }
    }

    private func startProcess(_ shape: MachineShape, _ origin: MachineOrigin) throws {
        let agent = try LocalSocket.Pair(.stream)
        let place = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
        _ = unsafe unlinkat(place.number, Self.socketName, 0)
        let listener = try LocalSocket.listen(Self.socketName, in: place.number, .stream)
        let control = try LocalSocket.Pair()
        var words = ["--vsock-listener", "\(listener.number)", "--control", "\(control.second.number)"]
        var descriptors = [listener.number, control.second.number]
        if RunTrace.descriptor >= 0 {
            words += ["--trace", "\(RunTrace.descriptor)"]
            descriptors.append(RunTrace.descriptor)
        }
        let start = try MachineStart(files, shape, kernelArguments: record.machine?.kernelArguments ?? [])
        let entrance = try openEntrance()
        if let saved = try open(origin) {
            machine = try start.restore(
                saved, further: words, descriptors, agent: agent.second.number, in: entrance)
        } else {
            machine = try start.boot(further: words, descriptors, agent: agent.second.number, in: entrance)
        }
        self.control = MachineControl(control.first)
        connection = try GuestConnection(agent.first, peer: "the guest's agent")
    }

    /// Waits for the agent's first word. It finds there what it is to do: of a template or a boot it is this build's, and speaks
    /// our language, so we say that before; a snapshot's may be another.
    private func meetAgent(_ configuration: WorkloadConfiguration?) throws {
        guard let connection, let machine else { return }
        let hello = HostMessage.hello(version: AgentLimits.versions.upperBound)
        if let configuration {
            connection.send(hello)
            connection.send(.configure(configuration))
        }
        try AgentAnswer.awaitGreeting(connection, machine)
        if configuration == nil { connection.send(hello) }
        RunTrace.mark(.guest)
    }

    /// What the machine goes on from; nil to boot.
    private func open(_ origin: MachineOrigin) throws -> OpenMachine? {
        switch origin {
        case .boot: return nil
        case .template(let key): return try TemplateStore(root: root).open(key)
        case .snapshot(let name, let digest):
            let open = try SnapshotStore(root: root).open(name)
            guard open.description.machine.stateDigest == digest else {
                throw LaunchError("snapshot \(name) was replaced meanwhile by another: try again")
            }
            return open.machine
        }
    }

    /// Makes a control group for the monitor, where the host gives us one.
    private func makeControlGroup(_ shape: MachineShape) throws(RuntimeError) {
        guard let path = spec.linux?.cgroupsPath, !path.isEmpty else { return }
        do throws(ControlGroupError) {
            let made = try ControlGroup.create(
                path: path, resources: shape.resources, optional: Set(record.optionalLimits))
            notes += made.notes
            group = made
        } catch {
            throw .controlGroup(error)
        }
    }

    private func openEntrance() throws(RuntimeError) -> ControlGroup.Entrance {
        guard let group else { return ControlGroup.Entrance() }
        do throws(ControlGroupError) { return try group.entrance() } catch { throw .controlGroup(error) }
    }

    private func openStreams(_ streams: StandardStreams?) throws {
        guard let connection else { return }
        func open(_ number: CInt) throws(SystemError) -> OwnedDescriptor {
            let copy = try OwnedDescriptor.duplicating(number)
            try copy.setNonBlocking()
            return copy
        }
        if let streams {
            workload = GuestProcessStreams(
                AgentLimits.workload, connection,
                outputs: [
                    GuestOutput(.stdout, try open(streams.stdout), blocks: false),
                    GuestOutput(.stderr, try open(streams.stderr), blocks: false),
                ], input: record.interactive ? GuestInput(try open(streams.stdin)) : nil)
        } else {
            let pair = try LocalSocket.Pair(.stream)
            workload = GuestProcessStreams(
                AgentLimits.workload, connection,
                outputs: [GuestOutput(.stdout, try open(pair.second.number), blocks: false)],
                input: GuestInput(try open(pair.second.number)))
            let ours = pair.first
            terminal = consume ours
        }
    }

    /// Serves the guest until it says something.
    func wait(for wanted: GuestMessage) throws {
        let end = Self.milliseconds + Self.answerTime
        while true {
            var set = PollSet()
            watch(&set)
            _ = try set.wait(timeout: CInt(clamping: max(0, end - Self.milliseconds)))
            if try exchange(set, until: wanted) { return }
            if brokenOff != nil { throw machineEnded() }
            if Self.milliseconds >= end {
                throw LaunchError(
                    "the micro-VM says nothing for \(Self.answerTime / 1000) seconds\(machine?.lastWords ?? "")")
            }
        }
    }

    private static var milliseconds: Int64 { WallClock.now.nanoseconds / 1_000_000 }

    // MARK: While it runs

    func takeTerminal() -> OwnedDescriptor? { terminal.take() }

    func watch(_ set: inout PollSet) {
        if let connection { set.add(connection.descriptor, connection.events) }
        workload?.watch(&set)
        machineEnd = machine?.watch(&set) ?? -1
    }

    var patience: CInt {
        // It may have ended while its start was waited for.
        if workload?.ended != nil || brokenOff != nil { return 0 }
        guard let deadline else { return -1 }
        return CInt(clamping: max(0, deadline - Self.milliseconds))
    }

    func advance(_ set: PollSet) throws -> Bool {
        _ = try exchange(set, until: nil)
        if workload?.ended != nil { return true }
        if let brokenOff {
            // A workload that was to be killed has ended, whoever was first.
            if brokenOff == 128 + SIGKILL, deadline != nil { return true }
            throw machineEnded()
        }
        if deadline != nil, patience == 0 {
            machine?.kill()
            brokenOff = 128 + SIGKILL
            return true
        }
        return false
    }

    /// Moves what can be moved between guest and host.
    ///
    /// - Returns: whether the guest has said what is waited for.
    private func exchange(_ set: PollSet, until wanted: GuestMessage?) throws -> Bool {
        guard let connection, let machine else { return false }
        var isThere = false
        machine.listen()
        workload?.advance(set)
        try connection.flush()
        try connection.receive()
        while let message = try connection.next() {
            // What came with it is taken, too: nothing more might come to wake us.
            if let wanted, message == wanted { isThere = true } else { try take(message) }
        }
        workload?.advance(nil)
        try connection.flush()
        // All that it said before its end was taken above.
        if machineEnd >= 0, machineEnd < set.count, set.isReady(machineEnd) || connection.hasEnded,
            workload?.ended == nil
        {
            if !set.isReady(machineEnd) { machine.kill(after: MachineProcess.farewellTime) }
            brokenOff = machine.wait()
        }
        return isThere
    }

    private func take(_ message: GuestMessage) throws {
        switch message {
        case .configured where !isConfigured:
            isConfigured = true
            RunTrace.mark(.created)
        case .failed(AgentLimits.workload, let code, let text):
            throw LaunchError(GuestText.shown(text), status: Int32(code))
        case .refused(_, let text): throw LaunchError(GuestText.shown(text))
        case .warning(let text), .log(let text):
            if notes.count < Self.maximumNotes { notes.append(GuestText.shown(text)) }
        default:
            guard try workload?.take(message) ?? false else { throw WireError.invalid("message of the guest's agent") }
        }
    }

    func resize(_ size: WindowSize, terminal: CInt) {
        connection?.send(
            .resize(process: AgentLimits.workload, TerminalSize(rows: size.rows, columns: size.columns)))
    }

    func signal(_ number: CInt) {
        connection?.send(
            .signal(process: AgentLimits.workload, number: UInt8(clamping: number), toAll: false))
        // A guest that does nothing any more is ended all the same.
        if number == SIGKILL { deadline = Self.milliseconds + Self.killTime }
    }

    // MARK: End

    func exitCode() throws -> Int32 {
        if let ended = workload?.ended { return Int32(ended.code) }
        // An end of the machine's own says nothing of the workload: it must not look like an exit code of it.
        guard let brokenOff, brokenOff <= 128 else { return self.brokenOff ?? 128 + SIGKILL }
        return 125
    }

    var ranOutOfMemory: Bool {
        (workload?.ended?.ranOutOfMemory ?? false) || (group?.oomKills ?? 0) > 0
    }

    func countProcessorTime() -> UInt64? {
        guard let connection, brokenOff == nil else { return nil }
        connection.send(.statistics(request: Self.countRequest))
        let end = Self.milliseconds + Self.killTime
        // A guest that does not answer is not counted.
        while (try? connection.flush()) != nil, !connection.hasEnded, Self.milliseconds < end {
            var set = PollSet()
            set.add(connection.descriptor, connection.events)
            guard (try? set.wait(timeout: 100)) != nil, (try? connection.receive()) != nil else { return nil }
            while let message = try? connection.next() {
                if case .statistics(Self.countRequest, let values) = message { return values[.cpuTotal] }
            }
        }
        return nil
    }

    private func machineEnded() -> LaunchError {
        machine?.endedEarly ?? LaunchError("the micro-VM ended before its workload")
    }

    func delete() -> [String] {
        if files.scratchDisk != nil { shutDown() }
        if RunTrace.counts { machine?.stop() } else { machine?.kill() }
        machine = nil
        connection = nil
        control = nil
        _ = unsafe unlink(directory + "/" + Self.socketName)
        return []
    }

    /// The control group is busy until the kernel has taken the guest's memory back, which takes longer than a start.
    func dismantle() {
        // The group's path is known to others: what cannot be removed is found when the container is removed or started.
        if let state = running?.container {
            _ = RunningContainer.cleanUp(state)
        } else {
            try? group?.delete()
        }
        group = nil
    }

    /// Lets the guest write what it has to its disk.
    private func shutDown() {
        guard let machine, let connection, brokenOff == nil else { return }
        connection.send(.shutdown)
        let end = Self.milliseconds + Self.killTime
        while Self.milliseconds < end {
            var set = PollSet()
            set.add(connection.descriptor, connection.events)
            let ended = machine.watch(&set)
            // What cannot be said or heard any more is ended by who called us.
            guard (try? connection.flush()) != nil, (try? set.wait(timeout: 100)) != nil, !set.isReady(ended) else {
                return
            }
            machine.listen()
            try? connection.receive()
        }
    }
}
