import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// A container as commands show it: its record, and the truth about its life.
public struct ContainerView: Sendable {
    /// What was asked for.
    public var record: ContainerRecord
    /// Where it is in its life.
    public var lifecycle: Lifecycle
    /// Whether its processes are stopped by `pause`.
    public var isPaused = false

    /// Docker's word: `created`, `running`, `paused`, `exited`.
    public var status: String {
        switch lifecycle {
        case .created: "created"
        case .running: isPaused ? "paused" : "running"
        // A start that failed, as Docker has it.
        case .exited(let exited): exited.startedAt == 0 ? "created" : "exited"
        }
    }

    /// The running container, where it is one.
    public var running: Lifecycle.Running? {
        if case .running(let running) = lifecycle { return running }
        return nil
    }

    /// The running container, to do something with it.
    public func container() throws -> RunningContainer {
        guard let running else { throw LaunchError.notRunning(record.name) }
        return try RunningContainer(state: running.container)
    }
}

extension ContainerStore {
    /// What is true of a container. Where its supervisor was killed, what is left is cleaned up and recorded first.
    ///
    /// - Returns: nil where the container is gone, as it may be after that.
    public func view(_ record: ContainerRecord) throws -> ContainerView? {
        var lifecycle = try lifecycle(record.id)
        if wasAbandoned(record, lifecycle) {
            try reconcile(record)
            guard let after = try self.record(record.id) else { return nil }
            lifecycle = try self.lifecycle(after.id)
        }
        var view = ContainerView(record: record, lifecycle: lifecycle)
        if let running = view.running, let container = try? RunningContainer(state: running.container) {
            view.isPaused = (try? container.isPaused()) ?? false
        }
        return view
    }

    /// All containers, the newest first.
    public func all() throws -> [ContainerView] {
        var views: [ContainerView] = []
        for id in try ids() {
            if let record = try record(id) {
                if let view = try view(record) { views.append(view) }
            } else {
                // What cannot be removed now is tried again by the next command.
                try? removeAbandoned(id)
            }
        }
        return views.sorted { $0.record.created > $1.record.created }
    }

    /// The view of one container, by name or id.
    public func view(named name: String) throws -> ContainerView {
        guard let view = try view(find(name)) else { throw LaunchError.noSuchContainer(name) }
        return view
    }

    /// Whether the supervisor was killed. It makes its socket first of all and removes it last, so that a socket without a
    /// supervisor tells of one that did not come to its end.
    private func wasAbandoned(_ record: ContainerRecord, _ lifecycle: Lifecycle) -> Bool {
        hasSupervisor(record, lifecycle) && !SupervisorLock.isHeld(directory(record.id))
    }

    /// Whether there should be a supervisor, by what it left.
    private func hasSupervisor(_ record: ContainerRecord, _ lifecycle: Lifecycle) -> Bool {
        if case .running = lifecycle { return true }
        return unsafe access("\(directory(record.id))/\(Self.socketName)", F_OK) == 0
    }

    /// Records the end of a container whose supervisor was killed, and removes what it left: processes, control groups,
    /// its socket; the container itself where it was to remove itself.
    private func reconcile(_ record: ContainerRecord) throws {
        // Somebody who has the lock now is doing the same, or starts it again.
        guard let lock = try SupervisorLock.take(directory(record.id), waits: true) else { return }
        let lifecycle = try lifecycle(record.id)
        guard hasSupervisor(record, lifecycle) else { return }
        var startedAt: Int64 = 0
        if case .running(let running) = lifecycle {
            startedAt = running.startedAt
            if let container = try? RunningContainer(state: running.container) {
                // Its end is what counts; what cannot be signalled is gone.
                try? container.kill(SIGKILL)
                var set = PollSet()
                let ended = set.add(container.pidfd, CInt(POLLIN))
                while try !set.wait() || !set.isReady(ended) {}
            }
            for line in RunningContainer.cleanUp(running.container) { writeNote(line) }
        } else if let path = try spec(record.id).linux?.cgroupsPath {
            // Killed while it made the container, whose first process ends with it.
            for line in RunningContainer.cleanUp(controlGroup: path) { writeNote(line) }
        }
        if startedAt != 0 || lifecycle == .created {
            let exited = Lifecycle.Exited(
                code: 137, oomKilled: false, startedAt: startedAt, finishedAt: WallClock.now.nanoseconds,
                error: "supervisor was killed")
            try write(.exited(exited), record.id)
            note("die", record, ["exitCode": "137"])
        }
        _ = unsafe unlink("\(directory(record.id))/\(Self.socketName)")
        if record.removesItself { try remove(record, holding: lock) }
        _ = consume lock
    }

    private func writeNote(_ line: String) {
        // The record below still tells the truth; what could not be cleaned up is told on the way.
        let bytes = Array("hull: warning: \(line)\n".utf8)
        try? WholeFile.write(bytes, to: STDERR_FILENO, "standard error")
    }

    /// Removes a directory that has no record, because whoever made or removed it was killed, and its name. One that is
    /// being made is locked.
    func removeAbandoned(_ id: String) throws {
        let gate = try OwnedDescriptor.open(containers, O_RDONLY | O_DIRECTORY)
        try systemCall("flock", containers) { linux_flock(gate.number, LOCK_EX) }
        guard let lock = try SupervisorLock.take(directory(id), waits: false), try record(id) == nil else { return }
        if let path = try SupervisorLock.notedControlGroup(directory(id)) {
            for line in RunningContainer.cleanUp(controlGroup: path) { writeNote(line) }
        }
        for name in try WholeFile.names(in: names) { releaseName(name, of: id) }
        try removeDirectory(id)
        _ = consume lock
    }
}
