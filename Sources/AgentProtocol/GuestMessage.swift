import Wire

/// What the guest's agent says to the host. The guest is not trusted: whatever it says is bounded, and believed only of
/// itself.
public enum GuestMessage: Equatable, AgentMessage {
    /// The first message of all: the versions that the agent speaks, and which agent it is.
    case hello(oldest: UInt16, newest: UInt16, build: String)
    /// The configuration was taken and the workload made: it waits for `start`.
    case configured
    /// A process runs. For the workload and others.
    case started(process: UInt32)
    /// A process never ran, or the workload could not be made: which exit code that is, and why.
    case failed(process: UInt32, code: UInt8, message: String)
    /// Bytes of a process, within the credit that the host gave.
    case output(process: UInt32, stream: OutputStream, bytes: [UInt8])
    /// No more comes on a process's stream.
    case outputEnd(process: UInt32, stream: OutputStream)
    /// The agent has taken so many more bytes of a process's standard input.
    case credit(process: UInt32, bytes: UInt32)
    /// A process takes no more standard input.
    case inputClosed(process: UInt32)
    /// A process ended, and all that it wrote was sent.
    case exited(process: UInt32, Exit)
    /// The answer to `HostMessage.statistics`.
    case statistics(request: UInt32, [Statistic: UInt64])
    /// The answer to `HostMessage.processes`.
    case processes(request: UInt32, [GuestProcess])
    /// A request was carried out.
    case done(request: UInt32)
    /// A request was not: why.
    case refused(request: UInt32, message: String)
    /// The next file of a tree that was asked for.
    case copyEntry(request: UInt32, CopyEntry)
    /// Bytes of the file that was last announced.
    case copyData(request: UInt32, bytes: [UInt8])
    /// The agent has taken so many more bytes of a tree.
    case copyCredit(request: UInt32, bytes: UInt32)
    /// Something that the user should know.
    case warning(String)
    /// Something for whoever looks for a mistake.
    case log(String)

    /// How a process ended.
    public struct Exit: Equatable, Sendable {
        /// The exit code; 128 and the signal's number where a signal ended it.
        public var code: UInt8
        /// The signal that ended it; 0 for none.
        public var signal: UInt8
        /// Whether the guest's kernel killed processes of the workload for want of memory.
        public var ranOutOfMemory: Bool

        /// Makes an end.
        public init(code: UInt8, signal: UInt8 = 0, ranOutOfMemory: Bool = false) {
            self.code = code
            self.signal = signal
            self.ranOutOfMemory = ranOutOfMemory
        }
    }

    /// As of `AgentMessage`.
    public static var frameLimit: Int { AgentLimits.guestFrame }
}

extension GuestMessage {
    private enum Tag: UInt8 {
        case hello = 1
        case configured, started, failed, output, outputEnd, credit, inputClosed, exited, statistics, processes, done
        case refused, copyEntry, copyData, copyCredit, warning, log
    }

    /// As of `AgentMessage`.
    public func encode(to wire: inout WireWriter) {
        func put(_ tag: Tag, _ number: UInt32? = nil) {
            wire.put(tag.rawValue)
            if let number { wire.put(number) }
        }
        switch self {
        case .hello(let oldest, let newest, let build):
            put(.hello)
            wire.put(oldest)
            wire.put(newest)
            wire.put(build.cut(to: AgentLimits.text))
        case .configured: put(.configured)
        case .started(let process): put(.started, process)
        case .failed(let process, let code, let message):
            put(.failed, process)
            wire.put(code)
            wire.put(message.cut(to: AgentLimits.text))
        case .output(let process, let stream, let bytes):
            put(.output, process)
            wire.put(stream.rawValue)
            wire.putRest(bytes)
        case .outputEnd(let process, let stream):
            put(.outputEnd, process)
            wire.put(stream.rawValue)
        case .credit(let process, let bytes):
            put(.credit, process)
            wire.put(bytes)
        case .inputClosed(let process): put(.inputClosed, process)
        case .exited(let process, let exit):
            put(.exited, process)
            wire.put(exit.code)
            wire.put(exit.signal)
            wire.put(exit.ranOutOfMemory)
        case .statistics(let request, let values):
            put(.statistics, request)
            wire.put(UInt32(values.count))
            for (statistic, value) in values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                wire.put(statistic.rawValue)
                wire.put(value)
            }
        case .processes(let request, let processes):
            put(.processes, request)
            wire.put(UInt32(min(processes.count, AgentLimits.processes)))
            for process in processes.prefix(AgentLimits.processes) { process.encode(to: &wire) }
        case .done(let request): put(.done, request)
        case .refused(let request, let message):
            put(.refused, request)
            wire.put(message.cut(to: AgentLimits.text))
        case .copyEntry(let request, let entry):
            put(.copyEntry, request)
            entry.encode(to: &wire)
        case .copyData(let request, let bytes):
            put(.copyData, request)
            wire.putRest(bytes)
        case .copyCredit(let request, let bytes):
            put(.copyCredit, request)
            wire.put(bytes)
        case .warning(let text):
            put(.warning)
            wire.put(text.cut(to: AgentLimits.text))
        case .log(let text):
            put(.log)
            wire.put(text.cut(to: AgentLimits.text))
        }
    }

    /// As of `AgentMessage`.
    public init(from wire: inout WireReader) throws(WireError) {
        guard let tag = Tag(rawValue: try wire.integer(UInt8.self)) else { throw .invalid("tag") }
        func number() throws(WireError) -> UInt32 { try wire.integer(UInt32.self) }
        func text() throws(WireError) -> String { try wire.string(limit: AgentLimits.text) }
        switch tag {
        case .hello:
            self = .hello(
                oldest: try wire.integer(UInt16.self), newest: try wire.integer(UInt16.self), build: try text())
        case .configured: self = .configured
        case .started: self = .started(process: try number())
        case .failed:
            self = .failed(process: try number(), code: try wire.integer(UInt8.self), message: try text())
        case .output:
            self = .output(process: try number(), stream: try OutputStream(from: &wire), bytes: try wire.data())
        case .outputEnd: self = .outputEnd(process: try number(), stream: try OutputStream(from: &wire))
        case .credit: self = .credit(process: try number(), bytes: try number())
        case .inputClosed: self = .inputClosed(process: try number())
        case .exited:
            self = .exited(
                process: try number(),
                Exit(
                    code: try wire.integer(UInt8.self), signal: try wire.integer(UInt8.self),
                    ranOutOfMemory: try wire.bool()))
        case .statistics:
            let request = try number()
            var values: [Statistic: UInt64] = [:]
            for _ in 0..<(try wire.count(limit: Statistic.allCases.count)) {
                guard let statistic = Statistic(rawValue: try wire.integer(UInt8.self)) else {
                    throw .invalid("statistic")
                }
                values[statistic] = try wire.integer(UInt64.self)
            }
            self = .statistics(request: request, values)
        case .processes:
            let request = try number()
            var processes: [GuestProcess] = []
            for _ in 0..<(try wire.count(limit: AgentLimits.processes)) {
                processes.append(try GuestProcess(from: &wire))
            }
            self = .processes(request: request, processes)
        case .done: self = .done(request: try number())
        case .refused: self = .refused(request: try number(), message: try text())
        case .copyEntry: self = .copyEntry(request: try number(), try CopyEntry(from: &wire))
        case .copyData: self = .copyData(request: try number(), bytes: try wire.data())
        case .copyCredit: self = .copyCredit(request: try number(), bytes: try number())
        case .warning: self = .warning(try text())
        case .log: self = .log(try text())
        }
    }
}
