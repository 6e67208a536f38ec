import AgentProtocol
import CLinux
import Glibc
import LinuxSystem

/// A process that the host has asked for: the workload or one beside it.
final class ManagedProcess {
    let number: UInt32
    /// The process; 0 until it runs.
    var pid: pid_t = 0
    let outputs: [OutputPump]
    let input: InputPump?
    private let terminal: OwnedDescriptor?
    /// How it ended, as of wait(2).
    var status: CInt?

    /// A process with pipes.
    init(number: UInt32, stdout: consuming OwnedDescriptor, stderr: consuming OwnedDescriptor, input: InputPump?) {
        self.number = number
        outputs = [OutputPump(.stdout, stdout), OutputPump(.stderr, stderr)]
        self.input = input
        terminal = nil
    }

    /// A process with a terminal, of whose master side copies are made.
    init(number: UInt32, terminal: borrowing OwnedDescriptor, size: TerminalSize) throws(SystemError) {
        self.number = number
        try terminal.setNonBlocking()
        outputs = [OutputPump(.stdout, try terminal.duplicate())]
        input = InputPump(try terminal.duplicate(), isTerminal: true)
        self.terminal = try terminal.duplicate()
        resize(size)
    }

    /// Counts for a new host, which knows nothing of what was sent to the old one.
    ///
    /// - Returns: whether it had standard input, and takes no more.
    func restartStreams() -> Bool {
        for output in outputs { output.restart() }
        return input?.restart() == false
    }

    /// Changes the terminal's size.
    func resize(_ size: TerminalSize) {
        guard size.rows > 0, size.columns > 0 else { return }
        switch terminal {
        case .some(let terminal): WindowSize(rows: size.rows, columns: size.columns).apply(to: terminal.number)
        case .none: break
        }
    }

    /// Its end, once all that it wrote was read.
    func exit(ranOutOfMemory: Bool) -> GuestMessage.Exit? {
        guard let status, outputs.allSatisfy(\.hasEnded) else { return nil }
        if linux_wait_signaled(status) != 0 {
            let signal = UInt8(truncatingIfNeeded: linux_wait_term_signal(status))
            return .init(code: 128 &+ signal, signal: signal, ranOutOfMemory: ranOutOfMemory)
        }
        return .init(
            code: UInt8(truncatingIfNeeded: linux_wait_exit_status(status)), ranOutOfMemory: ranOutOfMemory)
    }
}
