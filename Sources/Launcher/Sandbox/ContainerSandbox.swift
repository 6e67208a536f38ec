import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// A workload in namespaces on the host's kernel.
final class ContainerSandbox: Sandbox {
    private let request: ContainerRequest
    private var container: Container?
    private(set) var running: Lifecycle.Running?
    private(set) var notes: [String] = []

    init(_ request: ContainerRequest) {
        self.request = request
    }

    func create() throws {
        let made = try Container.create(request)
        running = Lifecycle.Running(
            container: made.state, supervisor: getpid(), startedAt: WallClock.now.nanoseconds)
        notes = made.notes
        container = consume made
    }

    func start() throws {
        try container?.start()
    }

    var endDescriptor: CInt {
        // Without a container there is nothing to wait for: poll(2) passes -1 over.
        container?.pidfd ?? -1
    }

    func takeTerminal() -> OwnedDescriptor? { container?.takeTerminal() }

    func signal(_ number: CInt) {
        // A process that is gone needs no signal.
        _ = linux_pidfd_send_signal(endDescriptor, number)
    }

    func exitCode() throws -> Int32 {
        guard let pid = running?.container.pid else { return 125 }
        var status: CInt = 0
        try systemCall("waitpid", "\(pid)") { unsafe waitpid(pid, &status, 0) }
        return linux_wait_signaled(status) != 0
            ? 128 + linux_wait_term_signal(status) : linux_wait_exit_status(status)
    }

    var ranOutOfMemory: Bool {
        (running?.container.controlGroup?.stats().oomKills ?? 0) > 0
    }

    func delete() -> [String] {
        guard let state = running?.container else { return [] }
        return RunningContainer.cleanUp(state)
    }
}
