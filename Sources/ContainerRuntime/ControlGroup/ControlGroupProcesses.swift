import Glibc
import LinuxSystem

extension ControlGroup {
    /// Ids of all processes in the group and in groups below it, as this process's pid namespace numbers them; those
    /// without a number here are left out.
    public func processes() throws(ControlGroupError) -> [pid_t] {
        let candidates = [directory(of: "pids"), directory(of: "freezer"), legacy.first?.path, unified]
        guard let top = candidates.compactMap({ $0 }).first else { return [] }
        var found: Set<pid_t> = []
        var pending = [top]
        var budget = 10_000
        while let directory = pending.popLast(), budget > 0 {
            budget -= 1
            do throws(ControlGroupError) {
                let text = try KernelFile.read(directory + "/cgroup.procs", limit: 64 << 20)
                // 0 stands for a process of another pid namespace; as an argument of kill it would be ourselves.
                found.formUnion(text.split(separator: "\n").compactMap { pid_t($0) }.filter { $0 > 0 })
            } catch {
                // Gone means that nothing is in it; EOPNOTSUPP is a threaded group, listed with its parent.
                guard case .system(let system) = error, [ENOENT, ENODEV, EOPNOTSUPP].contains(system.number) else {
                    throw error
                }
            }
            for name in (try? WholeFile.subdirectories(in: directory)) ?? [] {
                pending.append(directory + "/" + name)
            }
        }
        return found.sorted()
    }

    /// Sends a signal to every process of the group. For SIGKILL no process escapes by forking: v2 has `cgroup.kill`;
    /// elsewhere the signal is repeated until no process is left, for about two seconds.
    public func kill(_ signal: CInt) throws(ControlGroupError) {
        if signal == SIGKILL, let unified, legacy.isEmpty {
            do {
                try KernelFile.write(unified + "/cgroup.kill", "1")
                return
            } catch {
                // Before Linux 5.14 there is no such file.
                if error.number != ENOENT { throw .system(error) }
            }
        }
        var rounds = signal == SIGKILL ? 100 : 1
        while rounds > 0 {
            let all = try processes()
            if all.isEmpty { return }
            for process in all where Glibc.kill(process, signal) != 0 && errno != ESRCH {
                throw .system(.last("kill", "process \(process)"))
            }
            // A frozen v1 group dies only when it runs; without a freezer nothing is frozen.
            if signal == SIGKILL { try? thaw() }
            rounds -= 1
            if signal == SIGKILL { usleep(20_000) }
        }
    }

    /// Stops every process of the group until `thaw()`; returns when all are stopped.
    public func freeze() throws(ControlGroupError) { try setFrozen(true) }

    /// Lets the processes run on.
    public func thaw() throws(ControlGroupError) { try setFrozen(false) }

    /// Whether the group is frozen, by what the kernel says.
    public func isFrozen() throws(ControlGroupError) -> Bool {
        if let directory = directory(of: "freezer") {
            return try KernelFile.read(directory + "/freezer.state").hasPrefix("FROZEN")
        }
        guard let unified else { return false }
        return try KernelFile.read(unified + "/cgroup.events").split(separator: "\n").contains("frozen 1")
    }

    private func setFrozen(_ frozen: Bool) throws(ControlGroupError) {
        let file: String
        let value: String
        if let directory = directory(of: "freezer") {
            (file, value) = (directory + "/freezer.state", frozen ? "FROZEN" : "THAWED")
        } else if let unified {
            (file, value) = (unified + "/cgroup.freeze", frozen ? "1" : "0")
        } else {
            throw .unavailable(.freezer, reason: "the container has no control group")
        }
        do {
            try KernelFile.write(file, value)
            // Freezing takes effect when each task next returns to user space. In v1 one that forks meanwhile can keep
            // the state at FREEZING until the value is written again.
            var waited = 0
            while try isFrozen() != frozen {
                if waited >= 2000 {
                    if frozen { try? setFrozen(false) }  // Half frozen is worse than running.
                    throw ControlGroupError.busy(file)
                }
                usleep(2000)
                waited += 2
                if frozen && waited % 50 == 0 { try KernelFile.write(file, value) }
            }
        } catch let error as ControlGroupError {
            throw error
        } catch {
            if let system = error as? SystemError { throw .system(system) }
            throw .busy(file)
        }
    }
}
