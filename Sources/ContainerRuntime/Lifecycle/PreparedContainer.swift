import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A container that is made as far as it can be before its root file system, its command and its user are known: its
/// first process waits, in its namespaces and its control group, with the usual mounts. It becomes one container, or none.
///
/// As with `Container`, this process is the parent of the first process.
public struct PreparedContainer: ~Copyable {
    private let part: PreparedPart
    private let filter: SeccompProgram?
    private let layout: ControlGroup.Layout?
    private let group: ControlGroup?
    private let child: ClonedProcess
    private let startTime: UInt64
    private let channel: OwnedDescriptor

    /// The first process.
    public var pid: pid_t { child.pid }

    /// Makes it.
    ///
    /// - Parameter request: like those of the containers that are to come of it, but its root is an empty directory, and
    ///   what it says of a command and a user does not count.
    /// - Throws: `invalid` where a container like this cannot be made in two parts, and as `Container.create`.
    public static func create(_ request: ContainerRequest) throws(RuntimeError) -> PreparedContainer {
        let plan = try ContainerPlan(request)
        let part = try PreparedPart(plan)
        let filter = try Container.loadFilter(plan)
        let layout = plan.needsControlGroupLayout ? try Container.findLayout() : nil
        let group = try Container.makeControlGroup(plan, layout)
        do throws(RuntimeError) {
            return try start(part, Birth(plan: plan, filter: filter, group: group, layout: layout))
        } catch {
            // As in `Container.create`.
            if let group { try? group.delete() }
            throw error
        }
    }

    private static func start(_ part: PreparedPart, _ birth: Birth) throws(RuntimeError) -> PreparedContainer {
        let entrance = try birth.openEntrance()
        let ends = try during("make the handshake's sockets") { () throws(SystemError) in try Channel.make() }
        let channel = OwnedDescriptor(owning: ends.parent)
        let childEnd = OwnedDescriptor(owning: ends.child)
        let child = try birth.clone(entrance, part, channel: childEnd.number)
        OwnedDescriptor.close(childEnd)
        let startTime: UInt64
        do throws(RuntimeError) {
            startTime = try birth.findStartTime(child.pid)
            _ = try Birth.awaitReady(channel.number)
        } catch {
            child.end()
            throw error
        }
        return PreparedContainer(
            part: part, filter: birth.filter, layout: birth.layout, group: birth.group, child: child,
            startTime: startTime, channel: channel)
    }

    /// Makes a container of it; or, where it is not like that container, ends it and makes the container from the start.
    ///
    /// - Throws: as `Container.create`.
    public consuming func complete(_ request: ContainerRequest) throws(RuntimeError) -> Container {
        let plan: ContainerPlan
        do throws(RuntimeError) {
            plan = try ContainerPlan(request)
        } catch {
            discard()
            throw error
        }
        guard let completion = part.completion(for: plan), case let bytes = completion.bytes,
            bytes.count <= Completion.maximumSize
        else {
            discard()
            return try Container.create(request)
        }
        let terminal: CInt?
        do throws(RuntimeError) {
            try limit(plan.linux.resources)
            try send(bytes, completion, plan)
            terminal = try Birth.awaitReady(channel.number)?.release()
            try ResourceLimits.apply(plan.process.rlimits, to: child.pid)
        } catch {
            discard()
            throw error
        }
        let birth = Birth(plan: plan, filter: filter, group: group, layout: layout)
        let state = birth.makeState(child.pid, startTime)
        return Container(
            child, channel: channel, terminal: terminal.map { OwnedDescriptor(owning: $0) }, hooks: nil, state: state,
            notes: birth.notes)
    }

    /// Ends it.
    public consuming func discard() {
        child.end()
        // As in `Container.create`.
        if let group { try? group.delete() }
    }

    /// Sets limits that were not set before: what was prepared has only the rules about devices.
    private borrowing func limit(_ resources: Spec.Resources?) throws(RuntimeError) {
        guard var resources, var group else { return }
        resources.devices = nil
        if resources == Spec.Resources() { return }
        do throws(ControlGroupError) { try group.update(resources) } catch { throw .controlGroup(error) }
    }

    private borrowing func send(
        _ bytes: [UInt8], _ completion: Completion, _ plan: ContainerPlan
    ) throws(RuntimeError) {
        var files: [CInt] = []
        defer { for file in files { close(file) } }
        files.append(
            try plan.request.root.mountDetached(
                inUserNamespace: false, isVolatile: plan.request.isVolatile, mountPoint: plan.request.mountPoint
            ).release())
        var descriptors = files
        if plan.process.terminal != true {
            let streams = plan.request.streams ?? StandardStreams()
            descriptors += [streams.stdin, streams.stdout, streams.stderr]
        }
        let preparation = MountPreparation(plan: plan)
        for case .other(let mount, true) in completion.mounts {
            let bind = try preparation.bind(mount).release()
            files.append(bind)
            descriptors.append(bind)
        }
        let (all, channel) = (descriptors, channel.number)
        try during("tell the container's first process") { () throws(SystemError) in
            try Channel.send(bytes, channel, descriptors: all)
        }
    }
}
