import Glibc
import LinuxSystem

/// A command line that is attached to a container: its terminal or pipes on one side, the supervisor on the other.
public struct Attachment {
    /// How it is attached.
    public struct Options: Sendable {
        /// Whether our standard input is passed on.
        public var input = false
        /// Whether the container's standard output comes out of ours.
        public var output = true
        /// Whether its standard error comes out of ours.
        public var errors = true
        /// Whether the container has a terminal.
        public var terminal = false
        /// The keys that detach, as the bytes that they send.
        public var detachKeys: [UInt8] = [0x10, 0x11]
        /// Whether signals that we get are passed on.
        public var passesSignals = true

        /// Makes the defaults.
        public init() {}

        /// What the supervisor is told.
        var hello: Frame.Hello { Frame.Hello(wantsOutput: output || errors, writesInput: input) }
    }

    /// How it ended.
    public enum Outcome: Equatable, Sendable {
        /// The workload has ended.
        case exited(Int32)
        /// The container was never started: why, and the exit status of the command.
        case failed(status: Int32, message: String)
        /// The user left; the container goes on.
        case detached
        /// The supervisor is gone without a word.
        case lost
    }

    /// The signals that are passed on to the container: those that ask a program to do something. Those of job control
    /// stay ours.
    static let passed: [CInt] = [SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM]

    /// A pipe takes so many bytes without waiting when it is ready for any (PIPE_BUF, pipe(7)).
    private static let atomicWrite = 4096

    private let options: Options
    private let socket: CInt
    private var buffer = [UInt8](repeating: 0, count: Frame.maximumSize)
    private var output: ArraySlice<UInt8> = []
    private var outputTarget = STDOUT_FILENO
    private var inputIsOpen: Bool
    private var credit = 0
    private var keys: DetachKeys
    private var outcome: Outcome?

    init(socket: CInt, _ options: Options) {
        self.socket = socket
        self.options = options
        inputIsOpen = options.input
        // Without a terminal of our own nobody types.
        keys = DetachKeys(options.terminal && isatty(STDIN_FILENO) == 1 ? options.detachKeys : [])
    }

    /// The signals that an attached command line takes for itself.
    static func signals(_ options: Options) throws(SystemError) -> SignalDescriptor {
        try SignalDescriptor((options.passesSignals ? passed : []) + (options.terminal ? [SIGWINCH] : []))
    }

    /// Passes bytes and signals until the container ends or the user leaves.
    mutating func run(_ signals: borrowing SignalDescriptor) throws(SystemError) -> Outcome {
        if options.terminal, options.input, isatty(STDIN_FILENO) == 1 {
            let raw = try RawTerminal(STDIN_FILENO)
            let outcome = try relay(signals)
            _ = consume raw
            return outcome
        }
        return try relay(signals)
    }

    private mutating func relay(_ signals: borrowing SignalDescriptor) throws(SystemError) -> Outcome {
        if options.terminal { resize() }
        while outcome == nil {
            var set = PollSet()
            let order = set.add(signals.number, CInt(POLLIN))
            // What the supervisor says next waits until our reader has taken what it said before.
            let word = set.add(output.isEmpty ? socket : -1, CInt(POLLIN))
            let typed = set.add(inputIsOpen && credit > 0 ? STDIN_FILENO : -1, CInt(POLLIN))
            let room = set.add(output.isEmpty ? -1 : outputTarget, CInt(POLLOUT))
            guard try set.wait() else { continue }
            if set.isReady(order) { while let signal = signals.next() { passOn(signal) } }
            if set.isReady(room) { write() }
            if set.isReady(typed) { read() }
            if set.isReady(word) { try hear() }
        }
        return outcome ?? .lost
    }

    // MARK: To the supervisor

    /// Tells the supervisor; where it is gone, what it said last tells more than that.
    private func say(_ frame: Frame) {
        _ = try? FrameSocket.send(frame, to: socket, waits: true)
    }

    private func resize() {
        guard let size = WindowSize(of: STDIN_FILENO) ?? WindowSize(of: STDOUT_FILENO) else { return }
        say(.resize(rows: size.rows, columns: size.columns))
    }

    private func passOn(_ signal: CInt) {
        if signal == SIGWINCH { resize() } else { say(.signal(signal)) }
    }

    private mutating func read() {
        // The buffer has the room that is named; a packet has room for keys that were held back, too.
        let count = unsafe Glibc.read(STDIN_FILENO, &buffer, buffer.count / 2)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        if count <= 0 {
            inputIsOpen = false
            say(.stdinEnd)
            return
        }
        let (bytes, detaches) = keys.take(buffer[..<count])
        if !bytes.isEmpty {
            credit -= 1
            say(.stdin(bytes))
        }
        if detaches { outcome = .detached }
    }

    // MARK: From the supervisor

    private mutating func hear() throws(SystemError) {
        guard let count = try FrameSocket.receive(from: socket, into: &buffer, waits: false) else { return }
        if count == 0 {
            outcome = .lost
            return
        }
        let packet = buffer[..<count]
        switch Frame.Tag(rawValue: packet[0]) {
        case .stdout where options.output: show(packet.dropFirst(), STDOUT_FILENO)
        case .stderr where options.errors: show(packet.dropFirst(), STDERR_FILENO)
        case .stdout, .stderr: break
        default: obey(Frame(packet))
        }
    }

    private mutating func obey(_ frame: Frame?) {
        switch frame {
        case .wantsInput: credit += 1
        case .warning(let text): writeText("hull: warning: \(text)\n", to: STDERR_FILENO)
        case .failed(let status, let message): outcome = .failed(status: status, message: message)
        case .exited(let code): outcome = .exited(code)
        default: break
        }
    }

    private mutating func show(_ bytes: ArraySlice<UInt8>, _ target: CInt) {
        output = bytes
        outputTarget = target
    }

    private mutating func write() {
        let part = output.prefix(Self.atomicWrite)
        // The slice is valid for the call.
        let count = unsafe part.withUnsafeBytes { unsafe Glibc.write(outputTarget, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        // Where nobody takes the output any more it goes nowhere, and the workload goes on.
        output = count < 0 || count == output.count ? [] : output.dropFirst(count)
    }
}
