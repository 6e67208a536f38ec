import Glibc
import LinuxSystem

/// A container that was asked to stop and may still be running.
public struct StoppingContainer: Sendable {
    /// The name by which it was asked for.
    public let name: String
    let view: ContainerView
    let seconds: Int
    let begin: Int64
}

extension ContainerStore {
    /// Asks a container to end, with its stop signal.
    ///
    /// - Parameters:
    ///   - seconds: how long `finishStop` waits; -1 without end; nil for the container's own.
    ///   - signal: instead of the container's own.
    public func beginStop(_ name: String, seconds: Int?, signal: CInt?) throws -> StoppingContainer {
        let view = try view(named: name)
        if view.running != nil {
            try self.signal(view, signal ?? view.record.stopSignal)
            // What is frozen obeys nothing.
            if view.isPaused { try view.container().resume() }
        }
        return StoppingContainer(
            name: name, view: view, seconds: seconds ?? view.record.stopTimeout, begin: WallClock.now.nanoseconds)
    }

    /// Waits until the container has ended, and kills it when its time is over.
    public func finishStop(_ stopping: StoppingContainer) throws {
        if stopping.view.running == nil { return }
        if stopping.seconds >= 0, let container = try? stopping.view.container() {
            let spent = (WallClock.now.nanoseconds - stopping.begin) / 1_000_000
            let left = Int64(stopping.seconds) * 1000 - spent
            var set = PollSet()
            let ended = set.add(container.pidfd, CInt(POLLIN))
            _ = try set.wait(timeout: CInt(clamping: max(0, left)))
            if !set.isReady(ended) { return try end(stopping.view) }
        }
        try SupervisorLock.waitUntilFree(directory(stopping.view.record.id))
    }

    /// Sends a signal to a running container's first process.
    func signal(_ view: ContainerView, _ number: CInt) throws {
        do {
            if view.record.isMachine, number != SIGKILL {
                // The guest's own affair; the end of the machine itself is ours.
                guard let supervisor = try SupervisorConnection.connect(view.record, self, .none) else {
                    throw LaunchError.notRunning(view.record.name)
                }
                try supervisor.send(signal: number)
            } else {
                try view.container().kill(number)
            }
        } catch let error as LaunchError {
            throw error
        } catch {
            // It ended meanwhile, and its supervisor is about to say so.
            if (try? view.container()) != nil { throw error }
        }
        note("kill", view.record, ["signal": "\(number)"])
    }

    /// Sends a signal to a container; SIGKILL is waited for.
    public func kill(_ name: String, _ number: CInt) throws {
        let view = try view(named: name)
        if view.running == nil { throw LaunchError.notRunning(name) }
        try signal(view, number)
        if number == SIGKILL { try end(view) }
    }
}
