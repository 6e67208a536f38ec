import AgentProtocol
import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import Wire

// What the host's messages mean.

extension Agent {
    mutating func handle(_ message: HostMessage) throws {
        switch message {
        case .hello(let version):
            guard AgentLimits.versions.contains(version) else { throw WireError.invalid("version: \(version)") }
        case .configure(let configuration): configure(configuration)
        case .start: start()
        case .execute(let number, let description, let hasInput, let terminal):
            execute(number, description, hasInput: hasInput, terminal)
        case .input(let number, let bytes):
            // A process that is gone needs nothing more.
            guard process(number)?.input?.take(bytes) ?? true else {
                throw WireError.invalid("input: no credit for it")
            }
        case .inputEnd(let number): process(number)?.input?.end()
        case .credit(let number, let stream, let bytes):
            process(number)?.outputs.first { $0.stream == stream }?.grant(bytes)
        case .resize(let number, let size): process(number)?.resize(size)
        case .signal(let number, let signal, let toAll): deliver(CInt(signal), to: number, toAll: toAll)
        case .statistics(let request): connection.send(.statistics(request: request, statisticsByName))
        case .processes(let request): listProcesses(request)
        case .pause(let request): answer(request) { (container) throws(RuntimeError) in try container.pause() }
        case .resume(let request): answer(request) { (container) throws(RuntimeError) in try container.resume() }
        case .setTime(let time): warnOnFailure { () throws(SystemError) in try GuestIdentity.setTime(time) }
        case .renew(let entropy, let hostname): identify(entropy, hostname)
        case .shutdown: isOver = true
        case .copyOut(let request, _, _), .copyIn(let request, _):
            connection.send(.refused(request: request, message: "this agent copies no files"))
        case .copyEntry, .copyData, .copyEnd, .copyCredit: break
        }
    }

    private mutating func configure(_ configuration: Configuration) {
        guard state == nil else {
            return connection.send(.failed(process: AgentLimits.workload, code: 125, message: "configured twice"))
        }
        warnOnFailure { () throws(SystemError) in try GuestIdentity.setTime(configuration.time) }
        identify(configuration.entropy, configuration.hostname)
        do throws(ProcessFailure) {
            let made = try Workload(configuration)
            for note in made.container.notes { connection.send(.warning(note)) }
            processes.append(made.process)
            workload = consume made
            connection.send(.configured)
        } catch {
            connection.send(.failed(process: AgentLimits.workload, code: error.code, message: error.message))
        }
    }

    private mutating func identify(_ entropy: [UInt8], _ hostname: String) {
        warnOnFailure { () throws(SystemError) in try GuestIdentity.addEntropy(entropy) }
        warnOnFailure { () throws(SystemError) in try GuestIdentity.setHostname(hostname) }
    }

    private mutating func warnOnFailure(_ body: () throws(SystemError) -> Void) {
        do throws(SystemError) { try body() } catch { connection.send(.warning("\(error)")) }
    }

    private mutating func start() {
        // Without a workload the host already knows why.
        guard workload != nil else { return }
        do throws(RuntimeError) {
            try workload?.container.start()
            connection.send(.started(process: AgentLimits.workload))
        } catch {
            processes.removeAll { $0.number == AgentLimits.workload }
            connection.send(
                .failed(
                    process: AgentLimits.workload, code: UInt8(truncatingIfNeeded: error.exitCode),
                    message: "\(error)"))
        }
    }

    private mutating func execute(
        _ number: UInt32, _ description: [UInt8], hasInput: Bool, _ terminal: TerminalSize
    ) {
        do throws(ProcessFailure) {
            guard let state, process(number) == nil else {
                throw ProcessFailure("there is no workload, or a process \(number) already")
            }
            processes.append(
                try Execution.start(
                    number: number, description: description, hasInput: hasInput, size: terminal, in: state))
            connection.send(.started(process: number))
        } catch {
            connection.send(.failed(process: number, code: error.code, message: error.message))
        }
    }

    private func deliver(_ signal: CInt, to number: UInt32, toAll: Bool) {
        guard let process = process(number), process.status == nil else { return }
        if toAll, number == AgentLimits.workload, let state, let container = try? RunningContainer(state: state) {
            // It may end at any moment: then there is nobody to signal.
            try? container.kill(signal, all: true)
        } else {
            // Not reaped yet, so the number is still this process's.
            kill(process.pid, signal)
        }
    }

    private mutating func answer(
        _ request: UInt32, _ body: (borrowing RunningContainer) throws(RuntimeError) -> Void
    ) {
        do throws(RuntimeError) {
            guard let state else { throw .notRunning("workload") }
            try body(try RunningContainer(state: state))
            connection.send(.done(request: request))
        } catch {
            connection.send(.refused(request: request, message: "\(error)"))
        }
    }

    private mutating func listProcesses(_ request: UInt32) {
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
            (.memoryUsage, counted.memoryUsage), (.memoryLimit, counted.memoryLimit), (.memoryPeak, counted.memoryPeak),
            (.memoryCache, counted.memoryCache), (.memoryInactiveFile, counted.memoryInactiveFile),
            (.oomKills, counted.oomKills), (.cpuTotal, counted.cpuTotal), (.cpuUser, counted.cpuUser),
            (.cpuSystem, counted.cpuSystem), (.cpuThrottled, counted.cpuThrottled), (.pids, counted.pids),
            (.pidsLimit, counted.pidsLimit), (.blockRead, counted.blockRead), (.blockWritten, counted.blockWritten),
        ]
        return Dictionary(uniqueKeysWithValues: values.compactMap { name, value in value.map { (name, $0) } })
    }
}
