import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem
import OCISpec

extension ContainerStore {
    /// How `exec` is attached to what it starts.
    public struct ExecutionStreams: Sendable {
        /// Whether our standard input is passed on.
        public var input = false
        /// The keys that detach a terminal, as the bytes that they send.
        public var detachKeys: [UInt8] = [0x10, 0x11]

        /// Makes the defaults.
        public init() {}
    }

    /// Runs a further command in a running container, and waits for it.
    ///
    /// - Returns: its exit code; 128+N where signal N ended it.
    public func execute(_ name: String, _ execution: Execution, _ streams: ExecutionStreams) throws -> Int32 {
        let view = try executable(name)
        // From here on a signal is for the command.
        let signals = try SignalDescriptor(Attachment.passed + (execution.terminal ? [SIGWINCH] : []))
        if view.record.isMachine { return try GuestExecution(view, execution, self, streams).run(signals) }
        var process = try start(view, execution, input: streams.input)
        if let terminal = process.takeTerminal() {
            return try TerminalRelay(terminal.number, streams).run(process, signals)
        }
        while true {
            var set = PollSet()
            let ended = set.add(process.pidfd, CInt(POLLIN))
            let order = set.add(signals.number, CInt(POLLIN))
            guard try set.wait() else { continue }
            if set.isReady(order) {
                while let signal = signals.next() { _ = linux_pidfd_send_signal(process.pidfd, signal) }
            }
            if set.isReady(ended) { return try process.exitCode() }
        }
    }

    /// Runs a further command in the background. A process of ours stays until it ends, to be its parent.
    public func executeDetached(_ name: String, _ execution: Execution) throws {
        let view = try executable(name)
        let report = try Pipe()
        fflush(nil)
        let child = try systemCall("fork", "the command's parent") { fork() }
        if child == 0 { stayWith(view, execution, report: report.write.number) }
        let reading = report.read
        // Ours is closed, so that the end of the report is seen.
        _ = consume report.write
        let text = try BoundedFile.read(reading, "the command's parent", limit: 1 << 16)
        guard let status = text.first else { return }
        throw LaunchError(String(decoding: text.dropFirst(), as: UTF8.self), status: Int32(status))
    }

    private func stayWith(_ view: ContainerView, _ execution: Execution, report: CInt) -> Never {
        setsid()
        DescriptorTable.closeAll(except: [report])
        do {
            try DescriptorTable.silenceStandardStreams()
            if view.record.isMachine {
                let process = try GuestExecution(view, execution, self, ExecutionStreams())
                close(report)
                _ = try process.wait()
            } else {
                let process = try start(view, execution, input: false)
                close(report)
                _ = try process.exitCode()
            }
        } catch {
            let status = UInt8(truncatingIfNeeded: ExitCode.of(error))
            // Where nobody reads the report any more it is not needed.
            try? WholeFile.write([status] + Array("\(error)".utf8), to: report, "the report")
        }
        _exit(0)
    }

    /// A container in which something can be started now.
    private func executable(_ name: String) throws -> ContainerView {
        let view = try view(named: name)
        if view.running == nil { throw LaunchError.notRunning(name) }
        if view.isPaused {
            throw LaunchError("container \(InvalidOption.shown(name)) is paused: unpause it first", status: 1)
        }
        return view
    }

    private func start(_ view: ContainerView, _ execution: Execution, input: Bool) throws -> ExecutedProcess {
        let container = try view.container()
        guard let own = try spec(view.record.id).process else { throw LaunchError.notRunning(view.record.name) }
        var process = try execution.process(basedOn: own, RootedFiles(root: "/proc/\(container.state.pid)/root"))
        if execution.terminal, let size = WindowSize(of: STDIN_FILENO) ?? WindowSize(of: STDOUT_FILENO) {
            process.consoleSize = Spec.ConsoleSize(height: size.rows, width: size.columns)
        }
        if execution.terminal || input { return try container.exec(process, privileged: execution.privileged) }
        let null = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        return try container.exec(
            process, streams: StandardStreams(stdin: null.number), privileged: execution.privileged)
    }
}

extension ExecutedProcess {
    /// Waits until it has ended.
    ///
    /// - Returns: its exit code; 128+N where signal N ended it.
    func exitCode() throws(SystemError) -> Int32 { try ExitCode.wait(for: pid) }
}

/// How processes end.
enum ExitCode {
    /// The exit code of a command that failed to start a workload.
    static func of(_ error: any Error) -> Int32 {
        (error as? RuntimeError)?.exitCode ?? (error as? LaunchError)?.status ?? 125
    }

    /// Waits for a child.
    static func wait(for child: pid_t) throws(SystemError) -> Int32 {
        var status: CInt = 0
        try systemCall("waitpid", "\(child)") { unsafe waitpid(child, &status, 0) }
        return linux_wait_signaled(status) != 0
            ? 128 + linux_wait_term_signal(status) : linux_wait_exit_status(status)
    }
}
