import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// The container's first process from clone3 to execve. It is a copy of its parent with one thread; it never returns.
struct InitialProcess {
    let plan: ContainerPlan
    let filter: SeccompProgram?
    let layout: ControlGroup.Layout?
    let channel: CInt

    /// Does all there is to do.
    ///
    /// - Parameters:
    ///   - entrance: the way into the container's control groups.
    ///   - joined: the namespaces to join.
    ///   - prepared: detached mounts that the parent made.
    func run(
        _ entrance: borrowing ControlGroup.Entrance, _ joined: borrowing OpenNamespaces,
        _ prepared: PreparedMounts
    ) -> Never {
        do throws(RuntimeError) {
            let forbidden = try begin(entrance, joined)
            try finish(try setUp(prepared), forbidden, bounding: UInt64.max)
        } catch {
            Report.fail(error, channel)
        }
    }

    /// Leaves the parent's surroundings for the container's.
    ///
    /// - Returns: the identity of our own program.
    func begin(
        _ entrance: borrowing ControlGroup.Entrance, _ joined: borrowing OpenNamespaces
    ) throws(RuntimeError) -> FileIdentity {
        ChildState.resetSignals()
        try enterControlGroup(entrance)
        setsid()
        try enterNamespaces(joined)
        return try during("find our own program", FileIdentity.ownExecutable)
    }

    /// Becomes the workload.
    ///
    /// - Parameter bounding: what the bounding set of this process holds.
    func finish(_ console: Console?, _ forbidden: FileIdentity, bounding: UInt64) throws(RuntimeError) -> Never {
        try adoptStreams(console)
        try tellReady(console)
        let credentials = Credentials(user: plan.process.user, capabilities: plan.capabilities, bounding: bounding)
        try become(
            Workload(
                process: plan.process, credentials: credentials, filter: filter, forbidden: forbidden,
                useInit: plan.request.useInit))
    }

    private var hookRunner: HookRunner { HookRunner(plan.request) }

    /// Becomes the workload when the parent says so. What can be done before is done before, for the parent has its own
    /// work meanwhile; an error of that is told when it is asked for.
    private func become(_ workload: Workload) throws(RuntimeError) -> Never {
        if let hooks = plan.request.spec.hooks?.startContainer, !hooks.isEmpty {
            try awaitStart()
            try hookRunner.run(hooks, at: "startContainer", status: "created", pid: getpid())
            try workload.run(channel: channel)
        }
        // Of a filter that is not ours it is not known whether it lets a process hear its parent.
        var restrictsEarly = false
        if case .builtin = plan.filter { restrictsEarly = true }
        var file = ""
        var failure: RuntimeError?
        do throws(RuntimeError) {
            file = try workload.prepare()
            if restrictsEarly { try workload.restrict() }
        } catch {
            failure = error
        }
        try awaitStart()
        if let failure { throw failure }
        if !restrictsEarly { try workload.restrict() }
        try workload.execute(file, channel: channel)
    }

    private func enterControlGroup(_ entrance: borrowing ControlGroup.Entrance) throws(RuntimeError) {
        let number = entrance.enter()
        if number != 0 { throw .controlGroup(.system(SystemError("write", "tasks", number: number))) }
    }

    private func enterNamespaces(_ joined: borrowing OpenNamespaces) throws(RuntimeError) {
        if plan.namespaces.joins(.user) {
            try joined.joinAll(except: [.mount])
            try during("become root of the user namespace", ChildState.becomeRoot)
            try during("make the container's namespaces") { () throws(SystemError) in
                try ChildState.goOnAsSibling(plan.namespaces.madeByClone, channel)
            }
            setsid()
        } else {
            // The pid namespace was joined by the parent, for its child.
            try joined.joinAll(except: [.pid, .mount])
        }
        if plan.namespaces.creates(.user) {
            try tell(.awaitsMappings)
            try expect(.mappingsWritten)
            try during("become root of the user namespace", ChildState.becomeRoot)
        }
        if plan.namespaces.creates(.cgroup) {
            // Made now: its root is the group that this process is in.
            try during("make the cgroup namespace") { () throws(SystemError) in
                try systemCall("unshare") { linux_unshare(LINUX_CLONE_NEWCGROUP) }
            }
        }
        if plan.namespaces.creates(.time) {
            try during("make the time namespace") { () throws(SystemError) in
                try NamespaceSetup.enterTime(plan.linux.timeOffsets)
            }
        }
        if plan.namespaces.creates(.network) {
            try during("switch the loopback interface on", NamespaceSetup.raiseLoopback)
        }
        try during("set the host name") { () throws(SystemError) in
            try NamespaceSetup.setNames(host: plan.request.spec.hostname, domain: plan.request.spec.domainname)
        }
        try during("join a session keyring") { () throws(SystemError) in
            try ChildState.leaveSessionKeyring("hull." + plan.request.id)
        }
        try joined.join(.mount)
    }

    /// Mounts, hooks of the time before `pivot_root`, and the new root.
    func setUp(_ prepared: PreparedMounts) throws(RuntimeError) -> Console? {
        if let score = plan.process.oomScoreAdj { try Self.setOOMScore(score) }
        try Sysctl.apply(plan.linux.sysctl)
        try SecurityLabels.prepare(plan.process)
        let hooks = plan.request.spec.hooks
        guard plan.hasOwnRoot else {
            try awaitHostHooks()
            try hookRunner.run(hooks?.createContainer, at: "createContainer", status: "creating", pid: getpid())
            try makeUndumpable()
            return try plan.process.terminal == true ? console(in: MountDestination(root: openRoot())) : nil
        }
        return try enter(try ContainerRoot(plan, prepared, layout))
    }

    /// Enters a root in which all is mounted.
    func enter(_ root: ContainerRoot) throws(RuntimeError) -> Console? {
        let console = plan.process.terminal == true ? try self.console(in: root.place) : nil
        if let console {
            try during("show the terminal as /dev/console") { () throws(SystemError) in
                try console.mountAsConsole(root: root.place)
            }
        }
        try root.finish()
        try awaitHostHooks()
        try hookRunner.run(
            plan.request.spec.hooks?.createContainer, at: "createContainer", status: "creating", pid: getpid())
        try makeUndumpable()
        try root.enter()
        return console
    }

    private func openRoot() throws(RuntimeError) -> CInt {
        try during("open the root") { () throws(SystemError) in
            try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY).release()
        }
    }

    private func console(in root: MountDestination) throws(RuntimeError) -> Console {
        try during("open a terminal in the container") { () throws(SystemError) in
            try Console(root: root, size: plan.process.consoleSize, owner: plan.process.user.uid)
        }
    }

    /// From here on the container's processes are near: none of them may look into this one.
    private func makeUndumpable() throws(RuntimeError) {
        try during("make the first process unreadable", ChildState.makeUndumpable)
    }

    static func setOOMScore(_ score: Int) throws(RuntimeError) {
        try during("set the OOM score to \(score) (lower than our own it needs CAP_SYS_RESOURCE)") {
            () throws(SystemError) in
            try KernelFile.write("/proc/self/oom_score_adj", String(score))
        }
    }

    private func adoptStreams(_ console: Console?) throws(RuntimeError) {
        try during("take over the standard streams") { () throws(SystemError) in
            if plan.process.terminal == true {
                try console?.adopt()
            } else {
                try plan.request.streams?.adopt()
            }
        }
    }

    private func tellReady(_ console: Console?) throws(RuntimeError) {
        try during("tell the parent") { () throws(SystemError) in
            try Channel.send(.ready, channel, descriptor: console?.master)
        }
        ChildState.closeFiles(except: channel)
    }

    private func awaitHostHooks() throws(RuntimeError) {
        let hooks = plan.request.spec.hooks
        if hooks?.prestart?.isEmpty != false && hooks?.createRuntime?.isEmpty != false { return }
        try tell(.atHooks)
        try expect(.hooksDone)
    }

    private func awaitStart() throws(RuntimeError) { try expect(.start) }

    func tell(_ message: Message) throws(RuntimeError) {
        try during("tell the parent") { () throws(SystemError) in try Channel.send(message, channel) }
    }

    /// Waits for a message. A parent that is gone has no use for this process.
    private func expect(_ expected: Message) throws(RuntimeError) {
        let received = try during("hear the parent") { () throws(SystemError) in try Channel.receive(channel) }
        guard received?.message == expected else { _exit(125) }
    }
}
