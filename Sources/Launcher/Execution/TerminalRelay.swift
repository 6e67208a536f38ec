import CLinux
import ContainerRuntime
import Glibc
import LinuxSystem

/// Passes bytes between our streams and the terminal of a command that `exec` started.
struct TerminalRelay {
    private let master: CInt
    private let streams: ContainerStore.ExecutionStreams
    private var keys: DetachKeys
    private var inputIsOpen: Bool
    private var buffer = [UInt8](repeating: 0, count: 1 << 15)

    /// - Parameter master: the terminal's master side, open meanwhile.
    init(_ master: CInt, _ streams: ContainerStore.ExecutionStreams) {
        self.master = master
        self.streams = streams
        inputIsOpen = streams.input
        keys = DetachKeys(isatty(STDIN_FILENO) == 1 ? streams.detachKeys : [])
    }

    /// Runs until the command ends or the user leaves.
    ///
    /// - Returns: the command's exit code; 0 where the user left.
    consuming func run(
        _ process: borrowing ExecutedProcess, _ signals: borrowing SignalDescriptor
    ) throws(SystemError) -> Int32 {
        if streams.input, isatty(STDIN_FILENO) == 1 {
            let raw = try RawTerminal(STDIN_FILENO)
            let code = try relay(process, signals)
            _ = consume raw
            return code
        }
        return try relay(process, signals)
    }

    private mutating func relay(
        _ process: borrowing ExecutedProcess, _ signals: borrowing SignalDescriptor
    ) throws(SystemError) -> Int32 {
        while true {
            var set = PollSet()
            let order = set.add(signals.number, CInt(POLLIN))
            let shown = set.add(master, CInt(POLLIN))
            let typed = set.add(inputIsOpen ? STDIN_FILENO : -1, CInt(POLLIN))
            let ended = set.add(process.pidfd, CInt(POLLIN))
            guard try set.wait() else { continue }
            if set.isReady(order) {
                while let signal = signals.next() {
                    if signal == SIGWINCH {
                        (WindowSize(of: STDIN_FILENO) ?? WindowSize(of: STDOUT_FILENO))?.apply(to: master)
                    } else {
                        _ = linux_pidfd_send_signal(process.pidfd, signal)
                    }
                }
            }
            // What the command wrote last is shown before its end counts.
            if set.has(CInt(POLLIN), at: shown) {
                try show()
            } else if set.isReady(ended) {
                return try process.exitCode()
            }
            if set.isReady(typed), try type() {
                stay(process)
                return 0
            }
        }
    }

    private mutating func show() throws(SystemError) {
        let count = unsafe read(master, &buffer, buffer.count)
        // EIO: no process has the terminal open now.
        if count > 0 { try WholeFile.write(Array(buffer[..<count]), to: STDOUT_FILENO, "standard output") }
    }

    /// - Returns: whether the user leaves.
    private mutating func type() throws(SystemError) -> Bool {
        let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return false }
        if count <= 0 {
            inputIsOpen = false
            return false
        }
        let (passed, detaches) = keys.take(buffer[..<count])
        if !passed.isEmpty { try WholeFile.write(passed, to: master, "the terminal") }
        return detaches
    }

    /// Keeps the terminal open for a command that the user left: a process of ours reads what it shows.
    private func stay(_ process: borrowing ExecutedProcess) {
        if fork() != 0 { return }
        setsid()
        DescriptorTable.closeAll(except: [master, process.pidfd])
        // The terminal matters here, and nobody is left to be told.
        try? DescriptorTable.silenceStandardStreams()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var set = PollSet()
            let shown = set.add(master, CInt(POLLIN))
            let ended = set.add(process.pidfd, CInt(POLLIN))
            guard (try? set.wait()) != nil else { _exit(0) }
            if set.has(CInt(POLLIN), at: shown) {
                _ = unsafe read(master, &buffer, buffer.count)
            } else if set.isReady(ended) || set.isReady(shown) {
                _exit(0)
            }
        }
    }
}
