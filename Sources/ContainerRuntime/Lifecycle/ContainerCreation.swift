import CLinux
import Glibc
import LinuxSystem
import OCISpec

extension Container {
    /// Makes a container: when this returns all is set up, and the workload waits to be executed. Nothing is left on
    /// failure.
    public static func create(_ request: ContainerRequest) throws(RuntimeError) -> Container {
        let plan = try ContainerPlan(request)
        let filter = try loadFilter(plan)
        let joined = try OpenNamespaces(plan.namespaces.joined)
        let layout = plan.needsControlGroupLayout ? try findLayout() : nil
        let group = try makeControlGroup(plan, layout)
        do throws(RuntimeError) {
            return try Birth(plan: plan, filter: filter, group: group, layout: layout).run(joined)
        } catch {
            // The first error is the one to tell; what is left of the group is empty and is taken over by the next.
            if let group { try? group.delete() }
            throw error
        }
    }

    static func findLayout() throws(RuntimeError) -> ControlGroup.Layout {
        do throws(ControlGroupError) { return try .current() } catch { throw .controlGroup(error) }
    }

    static func loadFilter(_ plan: ContainerPlan) throws(RuntimeError) -> SeccompProgram? {
        do throws(SeccompError) {
            return try SeccompProgram.load(plan.filter, cacheDirectory: plan.request.seccompCache)
        } catch {
            throw .seccomp(error)
        }
    }

    static func makeControlGroup(
        _ plan: ContainerPlan, _ layout: ControlGroup.Layout?
    ) throws(RuntimeError) -> ControlGroup? {
        guard let path = plan.controlGroupPath else { return nil }
        do throws(ControlGroupError) {
            return try ControlGroup.create(
                path: path, resources: plan.linux.resources, optional: plan.request.optionalLimits, layout: layout)
        } catch {
            throw .controlGroup(error)
        }
    }
}

/// The parent's side of a container's making: clone3, and the talk until the first process is ready.
struct Birth {
    let plan: ContainerPlan
    let filter: SeccompProgram?
    let group: ControlGroup?
    let layout: ControlGroup.Layout?

    func run(_ joined: borrowing OpenNamespaces) throws(RuntimeError) -> Container {
        let entrance = try openEntrance()
        let ends = try during("make the handshake's sockets") { () throws(SystemError) in try Channel.make() }
        let channel = OwnedDescriptor(owning: ends.parent)
        let childEnd = OwnedDescriptor(owning: ends.child)
        let prepared = plan.hasOwnRoot ? try MountPreparation(plan: plan).make() : PreparedMounts()
        defer { prepared.close() }
        var child = try clone(entrance, joined, prepared, channel: childEnd.number)
        OwnedDescriptor.close(childEnd)
        var terminal: OwnedDescriptor?
        let state: ContainerState
        do throws(RuntimeError) {
            // Looked at while the child works.
            var startTime = try findStartTime(child.pid)
            let first = child.pid
            terminal = try converse(channel.number, &child)
            if child.pid != first { startTime = try findStartTime(child.pid) }
            try ResourceLimits.apply(plan.process.rlimits, to: child.pid)
            state = makeState(child.pid, startTime)
        } catch {
            let status = child.end()
            if case .initEnded = error { throw .initEnded(Self.describe(status)) }
            throw error
        }
        return Container(
            child, channel: channel, terminal: terminal, hooks: plan.request.spec.hooks, state: state, notes: notes)
    }

    /// Makes the first process.
    private func clone(
        _ entrance: borrowing ControlGroup.Entrance, _ joined: borrowing OpenNamespaces, _ prepared: PreparedMounts,
        channel: CInt
    ) throws(RuntimeError) -> ClonedProcess {
        let initial = InitialProcess(plan: plan, filter: filter, layout: layout, channel: channel)
        let place = try WorkingPlace.enter(plan.hasOwnRoot ? plan.request.mountPoint : nil)
        let pidNamespace = try ChildPidNamespace.enter(joined)
        defer {
            pidNamespace.restore()
            place.restore()
        }
        let directory = entrance.cloneDirectory
        // Namespaces that are to belong to a user namespace are made when that is entered.
        let flags = plan.namespaces.joins(.user) ? 0 : plan.namespaces.madeByClone
        let child = try during("make the container's namespaces") { () throws(SystemError) in
            try ClonedProcess.make(flags, group: directory)
        }
        guard let child else { initial.run(entrance, joined, prepared) }
        return child
    }

    /// Makes a first process that waits until more is known.
    func clone(
        _ entrance: borrowing ControlGroup.Entrance, _ part: PreparedPart, channel: CInt
    ) throws(RuntimeError) -> ClonedProcess {
        let initial = InitialProcess(plan: plan, filter: filter, layout: layout, channel: channel)
        let place = try WorkingPlace.enter(plan.request.mountPoint)
        defer { place.restore() }
        let child = try during("make the container's namespaces") { () throws(SystemError) in
            try ClonedProcess.make(plan.namespaces.madeByClone, group: entrance.cloneDirectory)
        }
        guard let child else { PreparedProcess(initial: initial, part: part).run(entrance) }
        return child
    }

    func openEntrance() throws(RuntimeError) -> ControlGroup.Entrance {
        guard let group else { return ControlGroup.Entrance() }
        do throws(ControlGroupError) { return try group.entrance() } catch { throw .controlGroup(error) }
    }

    /// Answers the first process until it is ready.
    ///
    /// - Returns: the terminal's master side.
    private func converse(_ channel: CInt, _ child: inout ClonedProcess) throws(RuntimeError) -> OwnedDescriptor? {
        let hooks = plan.request.spec.hooks
        while true {
            let received = try during("hear the container's first process") { () throws(SystemError) in
                try Channel.receive(channel)
            }
            switch received?.message {
            case .awaitsMappings?:
                try IdentityMap.write(
                    users: plan.linux.uidMappings ?? [], groups: plan.linux.gidMappings ?? [], of: child.pid)
                try answer(.mappingsWritten, channel)
            case .forked(let pid)?:
                child.reap()
                child = try during("find the container's first process") { () throws(SystemError) in
                    try ClonedProcess.adopt(pid)
                }
            case .atHooks?:
                let runner = HookRunner(plan.request)
                try runner.run(hooks?.prestart, at: "prestart", status: "creating", pid: child.pid)
                try runner.run(hooks?.createRuntime, at: "createRuntime", status: "creating", pid: child.pid)
                try answer(.hooksDone, channel)
            case .ready?: return received?.descriptor.map { OwnedDescriptor(owning: $0) }
            case .failed(let error)?: throw error
            default: throw .initEnded("")
            }
        }
    }

    /// Waits for a first process that has no questions.
    ///
    /// - Returns: the terminal's master side.
    static func awaitReady(_ channel: CInt) throws(RuntimeError) -> OwnedDescriptor? {
        let received = try during("hear the container's first process") { () throws(SystemError) in
            try Channel.receive(channel)
        }
        switch received?.message {
        case .ready?: return received?.descriptor.map { OwnedDescriptor(owning: $0) }
        case .failed(let error)?: throw error
        default: throw .initEnded("")
        }
    }

    private func answer(_ message: Message, _ channel: CInt) throws(RuntimeError) {
        do throws(SystemError) {
            try Channel.send(message, channel)
        } catch {
            if error.number == EPIPE { throw .initEnded("") }
            throw .system(step: "answer the container's first process", error)
        }
    }

    func findStartTime(_ pid: pid_t) throws(RuntimeError) -> UInt64 {
        try during("look at the container's first process") { () throws(SystemError) in
            try ProcessStatus.startTime(of: pid)
        }
    }

    func makeState(_ pid: pid_t, _ startTime: UInt64) -> ContainerState {
        let spec = plan.request.spec
        return ContainerState(
            id: plan.request.id, pid: pid, startTime: startTime, bundle: plan.request.bundle, controlGroup: group,
            namespaces: plan.namespaces.kinds, seccomp: plan.filter, seccompCache: plan.request.seccompCache,
            poststop: spec.hooks?.poststop, annotations: spec.annotations, ociVersion: spec.ociVersion)
    }

    var notes: [String] {
        guard let group else { return [] }
        if group.isEmpty {
            return ["this user has no control group: nothing limits or counts what the container uses"] + group.notes
        }
        return group.notes
    }

    private static func describe(_ status: CInt) -> String {
        linux_wait_signaled(status) != 0
            ? "signal \(linux_wait_term_signal(status))" : "exit code \(linux_wait_exit_status(status))"
    }
}
