import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A further process of a container from clone3 to execve. It is a copy of its parent with one thread; it never returns.
struct EnteringProcess {
    let state: ContainerState
    /// The container's first process, a descriptor of it.
    let container: CInt
    let process: Spec.Process
    let credentials: Credentials
    let filter: SeccompProgram?
    let streams: StandardStreams?

    /// Does all there is to do.
    ///
    /// - Parameters:
    ///   - entrance: the way into the container's control groups.
    ///   - isInPidNamespace: whether this process began in the container's pid namespace.
    func run(_ entrance: borrowing ControlGroup.Entrance, isInPidNamespace: Bool, channel: CInt) -> Never {
        do throws(RuntimeError) {
            ChildState.resetSignals()
            let number = entrance.enter()
            if number != 0 { throw .controlGroup(.system(SystemError("write", "tasks", number: number))) }
            if let score = process.oomScoreAdj { try InitialProcess.setOOMScore(score) }
            try SecurityLabels.prepare(process)
            try ResourceLimits.apply(process.rlimits, to: 0)
            try during("join a session keyring") { () throws(SystemError) in
                try ChildState.leaveSessionKeyring("hull." + state.id)
            }
            let forbidden = try during("find our own program", FileIdentity.ownExecutable)
            // From here on the container's processes are near: none of them may look into this one.
            try during("make the new process unreadable", ChildState.makeUndumpable)
            try enterNamespaces(isInPidNamespace: isInPidNamespace)
            if state.namespaces.contains(.pid) && !isInPidNamespace {
                try during("make a process in the container") { () throws(SystemError) in
                    try ChildState.goOnAsSibling(0, channel)
                }
            }
            setsid()
            try adoptStreams(channel)
            ChildState.closeFiles(except: channel)
            try Workload(
                process: process, credentials: credentials, filter: filter, forbidden: forbidden, useInit: false
            ).run(channel: channel)
        } catch {
            Report.fail(error, channel)
        }
    }

    /// Enters all namespaces in one call: the kernel enters either all or none.
    private func enterNamespaces(isInPidNamespace: Bool) throws(RuntimeError) {
        var flags: UInt64 = 0
        for kind in state.namespaces where kind != .pid || !isInPidNamespace { flags |= kind.flag }
        try during("enter the container") { () throws(SystemError) in
            try systemCall("setns", state.id) { linux_setns(container, CInt(truncatingIfNeeded: flags)) }
            if state.namespaces.contains(.user) { try ChildState.becomeRoot() }
        }
    }

    private func adoptStreams(_ channel: CInt) throws(RuntimeError) {
        guard process.terminal == true else {
            try during("take over the standard streams") { () throws(SystemError) in try streams?.adopt() }
            return
        }
        try during("open a terminal in the container") { () throws(SystemError) in
            let root = try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY)
            let console = try Console(
                root: MountDestination(root: root.number), size: process.consoleSize, owner: process.user.uid)
            try console.adopt()
            try Channel.send(.ready, channel, descriptor: console.master)
        }
    }
}
