import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A container that is known by its state: perhaps made by another process.
public struct RunningContainer: ~Copyable {
    /// What it is known by.
    public let state: ContainerState
    let descriptor: OwnedDescriptor

    /// Readable when the container's first process has ended; it belongs to this value.
    public var pidfd: CInt { descriptor.number }

    /// Finds the container again.
    ///
    /// - Throws: `notRunning` where its first process is gone, or its number belongs to another process now.
    public init(state: ContainerState) throws(RuntimeError) {
        guard state.pid > 0, let opened = Self.open(state) else { throw .notRunning(state.id) }
        self.state = state
        descriptor = opened
    }

    /// The first process, if it still is that process.
    private static func open(_ state: ContainerState) -> OwnedDescriptor? {
        let number = linux_pidfd_open(state.pid, 0)
        guard number >= 0 else { return nil }
        let descriptor = OwnedDescriptor(owning: number)
        // Read after the descriptor was opened: from then on the number cannot pass to another process unseen.
        guard let started = try? ProcessStatus.startTime(of: state.pid), started == state.startTime,
            linux_pidfd_send_signal(number, 0) == 0 || errno == EPERM
        else { return nil }
        return descriptor
    }

    /// Sends a signal to the first process, or to all processes.
    public func kill(_ signal: CInt, all: Bool = false) throws(RuntimeError) {
        if all, let group = state.controlGroup, !group.isEmpty {
            do throws(ControlGroupError) { try group.kill(signal) } catch { throw .controlGroup(error) }
            return
        }
        if linux_pidfd_send_signal(descriptor.number, signal) == 0 { return }
        if errno == ESRCH { throw .notRunning(state.id) }
        throw .system(step: "signal the container", .last("pidfd_send_signal", "\(state.pid)"))
    }

    /// Stops all processes until `resume()`.
    public func pause() throws(RuntimeError) {
        do throws(ControlGroupError) { try controlGroup().freeze() } catch { throw .controlGroup(error) }
    }

    /// Lets the processes run on.
    public func resume() throws(RuntimeError) {
        do throws(ControlGroupError) { try controlGroup().thaw() } catch { throw .controlGroup(error) }
    }

    /// Whether `pause()` is in force.
    public func isPaused() throws(RuntimeError) -> Bool {
        guard let group = state.controlGroup else { return false }
        do throws(ControlGroupError) { return try group.isFrozen() } catch { throw .controlGroup(error) }
    }

    private func controlGroup() throws(ControlGroupError) -> ControlGroup {
        guard let group = state.controlGroup else {
            throw .unavailable(.freezer, reason: "the container has no control group")
        }
        return group
    }

    /// What the container uses.
    public func stats() -> ControlGroupStatistics { state.controlGroup?.stats() ?? ControlGroupStatistics() }

    /// The processes in the container, in the caller's pid namespace.
    public func processes() throws(RuntimeError) -> [pid_t] {
        guard let group = state.controlGroup, !group.isEmpty else {
            return try during("look for the container's processes") { () throws(SystemError) in
                try ProcessStatus.sharing(state.namespaces.contains(.pid) ? "pid" : "mnt", with: state.pid)
            }
        }
        do throws(ControlGroupError) { return try group.processes() } catch { throw .controlGroup(error) }
    }
}
