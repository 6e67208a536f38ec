import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import OCISpec

/// A workload in namespaces on the host's kernel.
final class ContainerSandbox: Sandbox {
    private var request: ContainerRequest
    private var container: Container?
    private var mountNamespace: OwnedDescriptor?
    /// Where the end of the first process is in a set.
    private var end = -1
    private(set) var running: Lifecycle.Running?
    private(set) var notes: [String] = []

    /// A container of a store.
    init(_ record: ContainerRecord, _ spec: Spec, _ store: ContainerStore) {
        let directory = store.directory(record.id)
        request = ContainerRequest(
            id: record.id, spec: spec,
            root: .overlay(lower: record.layers, upper: directory + "/upper", work: directory + "/work"),
            mountPoint: directory + "/rootfs", bundle: directory)
        request.seccomp = record.seccomp
        request.seccompCache = store.root + "/seccomp"
        request.optionalLimits = Set(record.optionalLimits)
        request.useInit = record.usesInit
        request.isVolatile = record.removesItself
    }

    func create(streams: StandardStreams?) throws {
        request.streams = streams
        let made = try Container.create(request)
        running = Lifecycle.Running(
            container: made.state, supervisor: getpid(), startedAt: WallClock.now.nanoseconds)
        notes = made.notes
        // To unmount a container's mounts takes longer than to start its workload, and would delay the end of the first
        // process. What is bound from the host must be free when the command ends: there the end may take its time.
        if !bindsFromHost { mountNamespace = made.openMountNamespace() }
        container = consume made
        RunTrace.mark(.created)
    }

    /// Whether mounts show anything of the host but what was made for this container.
    private var bindsFromHost: Bool {
        (request.spec.mounts ?? []).contains { mount in
            mount.type == "bind" && mount.source?.hasPrefix(request.bundle + "/") != true
        }
    }

    func start() throws {
        try container?.start()
    }

    // Without a container there is nothing to wait for: poll(2) passes -1 over.
    private var endDescriptor: CInt { container?.pidfd ?? -1 }

    func watch(_ set: inout PollSet) { end = set.add(endDescriptor, CInt(POLLIN)) }

    var patience: CInt { -1 }

    func advance(_ set: PollSet) -> Bool { set.isReady(end) }

    func resize(_ size: WindowSize, terminal: CInt) { size.apply(to: terminal) }

    func takeTerminal() -> OwnedDescriptor? { container?.takeTerminal() }

    func save(to directory: String) throws {
        throw LaunchError(
            "a container cannot be written down: its processes are the host's kernel's own. Only micro-VMs "
                + "(--isolation=vm) have a kernel that goes with them", status: 1)
    }

    func signal(_ number: CInt) {
        // A process that is gone needs no signal.
        _ = linux_pidfd_send_signal(endDescriptor, number)
    }

    func exitCode() throws -> Int32 {
        guard let pid = running?.container.pid else { return 125 }
        return try ExitCode.wait(for: pid)
    }

    var ranOutOfMemory: Bool {
        (running?.container.controlGroup?.oomKills ?? 0) > 0
    }

    func countProcessorTime() -> UInt64? { running?.container.controlGroup?.stats().cpuTotal }

    func delete() -> [String] {
        guard let state = running?.container else { return [] }
        return RunningContainer.cleanUp(state)
    }

    func dismantle() { mountNamespace = nil }
}
