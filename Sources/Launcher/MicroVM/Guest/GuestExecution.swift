import AgentProtocol
import Glibc
import JSON
import LinuxSystem
import OCISpec

/// A further command in a guest, with our own streams.
final class GuestExecution {
    private let visit: GuestVisit
    private let process: GuestProcessStreams
    private let outputs: [GuestOutput]
    private let input: GuestInput?
    private let isTerminal: Bool
    private let name: String

    /// The number of the only process of a connection.
    private static let number: UInt32 = 1

    /// Starts it; it runs when this returns.
    ///
    /// - Throws: `LaunchError` with the exit status that Docker has for a command that cannot be executed.
    init(
        _ view: ContainerView, _ execution: Execution, _ store: ContainerStore,
        _ streams: ContainerStore.ExecutionStreams
    ) throws {
        name = view.record.name
        visit = try GuestVisit(directory: store.directory(view.record.id), name: name)
        guard let own = try store.spec(view.record.id).process else { throw LaunchError.notRunning(name) }
        let description = try execution.process(basedOn: own, GuestFiles(visit))
        isTerminal = execution.terminal
        outputs = try [(OutputStream.stdout, STDOUT_FILENO), (.stderr, STDERR_FILENO)].map {
            GuestOutput($0.0, try .duplicating($0.1), blocks: true)
        }
        let keys = isTerminal && isatty(STDIN_FILENO) == 1 ? streams.detachKeys : []
        input = streams.input ? GuestInput(try .duplicating(STDIN_FILENO), DetachKeys(keys)) : nil
        process = GuestProcessStreams(Self.number, visit.connection, outputs: outputs, input: input)
        let size = isTerminal ? Self.terminalSize : TerminalSize()
        let message = HostMessage.execute(
            process: Self.number,
            .init(
                description: try JSONValue.encode(description).bytes(), hasInput: streams.input,
                isPrivileged: execution.privileged, terminal: size))
        try visit.ask(message) { (message) throws -> Void? in
            switch message {
            case .started(Self.number): return ()
            case .failed(Self.number, let code, let text):
                throw LaunchError(GuestText.shown(text), status: Int32(code))
            default: return nil
            }
        }
    }

    private static var terminalSize: TerminalSize {
        let size = WindowSize(of: STDIN_FILENO) ?? WindowSize(of: STDOUT_FILENO)
        return TerminalSize(rows: size?.rows ?? 0, columns: size?.columns ?? 0)
    }

    /// Passes streams and signals on until the command ends or the user leaves.
    ///
    /// - Returns: its exit code; 0 where the user left.
    func run(_ signals: borrowing SignalDescriptor) throws -> Int32 {
        if input != nil, isTerminal, isatty(STDIN_FILENO) == 1 {
            let raw = try RawTerminal(STDIN_FILENO)
            let code = try relay(signals)
            _ = consume raw
            return code
        }
        return try relay(signals)
    }

    private func relay(_ signals: borrowing SignalDescriptor) throws -> Int32 {
        while true {
            var set = PollSet()
            set.add(signals.number, CInt(POLLIN))
            if let code = try step(&set) { return code }
            while let signal = signals.next() { pass(signal) }
            if input?.userHasLeft == true {
                stay()
                return 0
            }
        }
    }

    /// Waits for the command's end, whatever it does meanwhile.
    func wait() throws -> Int32 {
        while true {
            var set = PollSet()
            if let code = try step(&set) { return code }
        }
    }

    /// Waits until something can be done, and does it.
    ///
    /// - Returns: the exit code at the end.
    private func step(_ set: inout PollSet) throws -> Int32? {
        // What came together with the start was read then: nothing more might come to wake us.
        if let code = try takeMessages() { return code }
        let connection = visit.connection
        set.add(connection.descriptor, connection.events)
        process.watch(&set)
        _ = try set.wait()
        process.advance(set)
        try connection.flush()
        try connection.receive()
        let code = try takeMessages()
        try connection.flush()
        if let code { return code }
        if connection.hasEnded, process.isIdle {
            throw LaunchError("container \(InvalidOption.shown(name)) ended, and the command with it", status: 137)
        }
        return nil
    }

    /// Takes the messages that were read.
    ///
    /// - Returns: the exit code, once the command has ended and all that it wrote was passed on.
    private func takeMessages() throws -> Int32? {
        while let message = try visit.connection.next() { _ = try process.take(message) }
        return process.ended.map { Int32($0.code) }
    }

    private func pass(_ signal: CInt) {
        if signal == SIGWINCH {
            visit.connection.send(.resize(process: Self.number, Self.terminalSize))
        } else {
            visit.connection.send(.signal(process: Self.number, number: UInt8(clamping: signal), toAll: false))
        }
    }

    /// Keeps the terminal open for a command that the user left: a process of ours takes what it shows.
    private func stay() {
        if fork() != 0 { return }
        setsid()
        // The command matters here, and nobody is left to be told.
        try? DescriptorTable.silenceStandardStreams()
        for output in outputs { output.silence() }
        _ = try? wait()
        _exit(0)
    }
}
