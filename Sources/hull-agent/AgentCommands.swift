import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import Wire

// What the host's messages mean.

extension Agent {
    mutating func handle(_ message: HostMessage, of connection: HostConnection) throws {
        switch message {
        case .hello(let version):
            guard AgentLimits.versions.contains(version) else { throw WireError.invalid("version: \(version)") }
        case .configure(let configuration): configure(configuration, connection)
        case .start: start(connection)
        case .execute(let number, let execution): execute(number, execution, connection)
        case .input(let number, let bytes):
            // A process that is gone needs nothing more.
            guard process(number, of: connection)?.input?.take(bytes) ?? true else {
                throw WireError.invalid("input: no credit for it")
            }
        case .inputEnd(let number): process(number, of: connection)?.input?.end()
        case .credit(let number, let stream, let bytes):
            process(number, of: connection)?.outputs.first { $0.stream == stream }?.grant(bytes)
        case .resize(let number, let size): process(number, of: connection)?.resize(size)
        case .signal(let number, let signal, let toAll): deliver(CInt(signal), to: number, toAll: toAll, connection)
        case .statistics(let request): connection.send(.statistics(request: request, statisticsByName))
        case .processes(let request): listProcesses(request, connection)
        case .pause(let request):
            answer(request, connection) { (container) throws(RuntimeError) in try container.pause() }
        case .resume(let request):
            answer(request, connection) { (container) throws(RuntimeError) in try container.resume() }
        case .renew(let request, let renewal): renew(request, renewal, connection)
        case .shutdown: isOver = true
        case .rehearse(let request, let configuration): rehearse(request, configuration, connection)
        case .copyOut(let request, let path, let followsLink):
            copy(request, connection) { try connection.copies.send(request, path, followsLink: followsLink, of: $0) }
        case .copyIn(let request, let path):
            copy(request, connection) { try connection.copies.take(request, path, of: $0) }
        case .copyEntry(let request, let entry): connection.copies.take(request, entry, connection)
        case .copyData(let request, let bytes): connection.copies.take(request, bytes, connection)
        case .copyEnd(let request): connection.copies.finish(request, connection)
        case .copyCredit(let request, let bytes): connection.copies.grant(request, bytes)
        }
    }

    private mutating func configure(_ configuration: WorkloadConfiguration, _ connection: HostConnection) {
        guard state == nil else {
            return connection.send(.failed(process: AgentLimits.workload, code: 125, message: "configured twice"))
        }
        warnOnFailure(connection) { () throws(SystemError) in try GuestIdentity.setTime(configuration.time) }
        identify(configuration.entropy, configuration.hostname, connection)
        do throws(ProcessFailure) {
            let made = try Workload(configuration, from: prepared.take())
            for note in made.container.notes { connection.send(.warning(note)) }
            connection.processes.append(made.process)
            workload = consume made
            connection.send(.configured)
        } catch {
            connection.send(.failed(process: AgentLimits.workload, code: error.code, message: error.message))
        }
    }

    /// Leaves nothing of the workload but what made it slow: caches, code in memory, compiled filters; and one that is made
    /// as far as can be.
    private mutating func rehearse(
        _ request: UInt32, _ configuration: WorkloadConfiguration, _ connection: HostConnection
    ) {
        do throws(ProcessFailure) {
            guard state == nil else { throw ProcessFailure("there is a workload already") }
            prepared = try Rehearsal.run(configuration)
            // Now, for pages that were written before the last child was made are shared with it.
            try ProcessFailure.translating { () throws(SystemError) in try OwnMemory.populate(code: true) }
            connection.send(.done(request: request))
        } catch {
            connection.send(.refused(request: request, message: error.message))
        }
    }

    private func identify(_ entropy: [UInt8], _ hostname: String, _ connection: HostConnection) {
        warnOnFailure(connection) { () throws(SystemError) in try GuestIdentity.addEntropy(entropy) }
        warnOnFailure(connection) { () throws(SystemError) in try GuestIdentity.setHostname(hostname) }
    }

    /// All of it, or the workload does not go on: what it would draw from the kernel's randomness another copy draws, too.
    private func renew(_ request: UInt32, _ renewal: HostMessage.Renewal, _ connection: HostConnection) {
        do throws(SystemError) {
            try GuestIdentity.addEntropy(renewal.entropy)
            try GuestIdentity.setTime(renewal.time)
            try GuestIdentity.setHostname(renewal.hostname)
            if let state {
                try GuestIdentity.setHostname(renewal.workloadHostname, of: state.pid)
                for file in renewal.files { try replace(file) }
            }
            connection.send(.done(request: request))
        } catch {
            connection.send(.refused(request: request, message: "\(error)"))
        }
    }

    /// Writes a file that the workload has from the host anew: the same file, for it is mounted into its root.
    private func replace(_ file: WorkloadConfiguration.File) throws(SystemError) {
        guard let index = workloadFiles.firstIndex(of: file.path) else { return }
        let path = GuestMounts.file(index)
        let target = try OwnedDescriptor.open(path, O_WRONLY | O_TRUNC)
        try WholeFile.write(file.bytes, to: target.number, path)
    }

    private func warnOnFailure(_ connection: HostConnection, _ body: () throws(SystemError) -> Void) {
        do throws(SystemError) { try body() } catch { connection.send(.warning("\(error)")) }
    }

    private mutating func start(_ connection: HostConnection) {
        // Without a workload the host already knows why.
        guard workload != nil else { return }
        do throws(RuntimeError) {
            try workload?.container.start()
            connection.send(.started(process: AgentLimits.workload))
        } catch {
            connection.processes.removeAll { $0.number == AgentLimits.workload }
            connection.send(
                .failed(
                    process: AgentLimits.workload, code: UInt8(truncatingIfNeeded: error.exitCode),
                    message: "\(error)"))
        }
    }

    private func execute(_ number: UInt32, _ execution: HostMessage.Execution, _ connection: HostConnection) {
        do throws(ProcessFailure) {
            guard let state, process(number, of: connection) == nil else {
                throw ProcessFailure("there is no workload, or a process \(number) already")
            }
            connection.processes.append(try Execution.start(number: number, execution, in: state))
            connection.send(.started(process: number))
        } catch {
            connection.send(.failed(process: number, code: error.code, message: error.message))
        }
    }

    private func deliver(_ signal: CInt, to number: UInt32, toAll: Bool, _ connection: HostConnection) {
        guard let process = process(number, of: connection), process.status == nil else { return }
        if toAll, number == AgentLimits.workload, let state, let container = try? RunningContainer(state: state) {
            // It may end at any moment: then there is nobody to signal.
            try? container.kill(signal, all: true)
        } else {
            // Not reaped yet, so the number is still this process's.
            kill(process.pid, signal)
        }
    }

    private func answer(
        _ request: UInt32, _ connection: HostConnection,
        _ body: (borrowing RunningContainer) throws(RuntimeError) -> Void
    ) {
        do throws(RuntimeError) {
            guard let state else { throw .notRunning("workload") }
            try body(try RunningContainer(state: state))
            connection.send(.done(request: request))
        } catch {
            connection.send(.refused(request: request, message: "\(error)"))
        }
    }

    private func copy(_ request: UInt32, _ connection: HostConnection, _ begin: (pid_t) throws -> Void) {
        do {
            guard let state else { throw RuntimeError.notRunning("workload") }
            try begin(state.pid)
        } catch {
            connection.send(.refused(request: request, message: "\(error)"))
        }
    }

    private func listProcesses(_ request: UInt32, _ connection: HostConnection) {
        do throws(RuntimeError) {
            guard let state else { throw .notRunning("workload") }
            let pids = try RunningContainer(state: state).processes()
            connection.send(.processes(request: request, pids.compactMap(GuestProcess.init(pid:))))
        } catch {
            connection.send(.refused(request: request, message: "\(error)"))
        }
    }

    private var statisticsByName: [Statistic: UInt64] {
        guard let counted = statistics else { return [:] }
        let values: [(Statistic, UInt64?)] = [
            (.memoryUsage, counted.memoryUsage), (.memoryLimit, counted.memoryLimit ?? Self.memory),
            (.memoryPeak, counted.memoryPeak),
            (.memoryCache, counted.memoryCache), (.memoryInactiveFile, counted.memoryInactiveFile),
            (.oomKills, counted.oomKills), (.cpuTotal, counted.cpuTotal), (.cpuUser, counted.cpuUser),
            (.cpuSystem, counted.cpuSystem), (.cpuThrottled, counted.cpuThrottled), (.pids, counted.pids),
            (.pidsLimit, counted.pidsLimit), (.blockRead, counted.blockRead), (.blockWritten, counted.blockWritten),
        ]
        return Dictionary(uniqueKeysWithValues: values.compactMap { name, value in value.map { (name, $0) } })
    }

    /// What a workload without a limit can have: the guest's memory, in bytes.
    private static var memory: UInt64 {
        UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
    }
}
