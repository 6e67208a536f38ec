import Glibc
import LinuxSystem

extension ContainerStore {
    /// Removes a container.
    ///
    /// - Parameter force: whether one that runs is killed first.
    public func remove(_ name: String, force: Bool) throws {
        let view = try view(named: name)
        if view.running != nil {
            if !force {
                throw LaunchError(
                    "container \(view.record.name) is \(view.status): stop it before you remove it, or use --force",
                    status: 1)
            }
            try end(view)
            // It may have removed itself.
            if try record(view.record.id) == nil { return }
        }
        guard let lock = try SupervisorLock.take(directory(view.record.id), waits: true) else { return }
        if case .running = try lifecycle(view.record.id) {
            throw LaunchError("container \(view.record.name) was started again meanwhile", status: 1)
        }
        try remove(view.record, holding: lock)
    }

    /// Kills a running container and waits until its supervisor has recorded that.
    func end(_ view: ContainerView) throws {
        if let container = try? view.container() {
            // Frozen processes die when they are thawed.
            if view.isPaused { try container.resume() }
            try container.kill(SIGKILL)
        }
        try SupervisorLock.waitUntilFree(directory(view.record.id))
    }
}
