import CLinux
import Glibc
import LinuxSystem
import OCISpec

extension RunningContainer {
    /// Ends what is left of a container whose first process is gone (or never started): processes, control groups;
    /// then runs the poststop hooks. It may be called again.
    ///
    /// - Returns: what could not be cleaned up, one line each.
    @discardableResult
    public static func cleanUp(_ state: ContainerState) -> [String] {
        var notes: [String] = []
        // Where it still runs after all, it ends now: with its pid namespace all that is in it.
        if let running = try? RunningContainer(state: state) {
            _ = linux_pidfd_send_signal(running.pidfd, SIGKILL)
        }
        if let group = state.controlGroup, !group.isEmpty {
            do throws(ControlGroupError) {
                // Without a pid namespace of its own the container's processes live on after the first.
                if !state.namespaces.contains(.pid) { try group.kill(SIGKILL) }
                try deleteKilling(group)
            } catch {
                notes.append("\(error)")
            }
        }
        return notes + HookRunner(state).runAll(state.poststop, at: "poststop", status: "stopped", pid: 0)
    }

    /// Ends what is left of a container that nobody knows by its state, because whoever made it was killed meanwhile.
    ///
    /// - Parameter path: of its control group.
    /// - Returns: what could not be cleaned up, one line each.
    public static func cleanUp(controlGroup path: String) -> [String] {
        do throws(ControlGroupError) {
            let group = try ControlGroup.existing(path: path)
            if !group.isEmpty { try deleteKilling(group) }
            return []
        } catch {
            return ["\(error)"]
        }
    }

    /// Deletes a group; processes that are in it nevertheless (joined, or entered by `exec`) are ended.
    private static func deleteKilling(_ group: ControlGroup) throws(ControlGroupError) {
        do throws(ControlGroupError) {
            try group.delete(patience: 50)
        } catch {
            guard case .busy = error else { throw error }
            try group.kill(SIGKILL)
            try group.delete()
        }
    }
}
