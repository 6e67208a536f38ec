import Wire

/// What the host says to the guest's agent.
public enum HostMessage: Equatable, AgentMessage {
    /// The answer to the agent's `hello`: the version that is spoken from here on.
    case hello(version: UInt16)
    /// What there is to be done; once, before `start`.
    case configure(WorkloadConfiguration)
    /// Runs the workload.
    case start
    /// Runs another process beside the workload, under a number.
    case execute(process: UInt32, Execution)
    /// Bytes for a process's standard input, within the credit that the agent gave.
    case input(process: UInt32, bytes: [UInt8])
    /// The end of a process's standard input.
    case inputEnd(process: UInt32)
    /// The host has taken so many more bytes of a process's output.
    case credit(process: UInt32, stream: OutputStream, bytes: UInt32)
    /// A terminal has a new size.
    case resize(process: UInt32, TerminalSize)
    /// A signal for a process, or for all of the workload's processes.
    case signal(process: UInt32, number: UInt8, toAll: Bool)
    /// Asks for `GuestMessage.statistics`.
    case statistics(request: UInt32)
    /// Asks for `GuestMessage.processes`.
    case processes(request: UInt32)
    /// Stops all of the workload's processes; answered by `done` or `refused`.
    case pause(request: UInt32)
    /// Lets them go on; answered likewise.
    case resume(request: UInt32)
    /// Asks for the tree at a path of the workload's root file system: entries, data, then `done` or `refused`.
    case copyOut(request: UInt32, path: String, followsLink: Bool)
    /// Announces a tree that is to be put at a path: entries, data, then `copyEnd`; answered by `done` or `refused`.
    case copyIn(request: UInt32, path: String)
    /// The next file of a tree.
    case copyEntry(request: UInt32, CopyEntry)
    /// Bytes of the file that was last announced, within the credit that the agent gave.
    case copyData(request: UInt32, bytes: [UInt8])
    /// The tree is complete.
    case copyEnd(request: UInt32)
    /// The host has taken so many more bytes of a tree.
    case copyCredit(request: UInt32, bytes: UInt32)
    /// Makes a copy of a guest another one than the guest that it was copied from; answered by `done` or `refused`.
    case renew(request: UInt32, Renewal)
    /// Ends everything: the guest powers itself off.
    case shutdown
    /// Makes a workload of no image and ends it before it runs, so that what only the first one costs a guest is paid
    /// before the guest is written down as a template; answered by `done` or `refused`.
    case rehearse(request: UInt32, WorkloadConfiguration)

    /// A process beside the workload.
    public struct Execution: Equatable, Sendable {
        /// The OCI process as JSON.
        public var description: [UInt8]
        /// Whether it has standard input; else it reads from /dev/null.
        public var hasInput: Bool
        /// Whether it has all capabilities and no filter.
        public var isPrivileged: Bool
        /// The terminal's size, where the description wants a terminal.
        public var terminal: TerminalSize

        /// Makes a description.
        public init(description: [UInt8], hasInput: Bool, isPrivileged: Bool, terminal: TerminalSize) {
            self.description = description
            self.hasInput = hasInput
            self.isPrivileged = isPrivileged
            self.terminal = terminal
        }
    }

    /// What makes a copy of a guest, with its workload, another guest.
    public struct Renewal: Equatable, Sendable {
        /// The host's clock: nanoseconds since 1970.
        public var time: UInt64
        /// Random bytes of the host, at most 512.
        public var entropy: [UInt8]
        /// The guest's name.
        public var hostname: String
        /// The workload's own.
        public var workloadHostname: String
        /// Files that the workload has from the host and that are others now, by their paths.
        public var files: [WorkloadConfiguration.File]

        /// Makes one.
        public init(
            time: UInt64, entropy: [UInt8], hostname: String, workloadHostname: String,
            files: [WorkloadConfiguration.File]
        ) {
            self.time = time
            self.entropy = entropy
            self.hostname = hostname
            self.workloadHostname = workloadHostname
            self.files = files
        }
    }

    /// As of `AgentMessage`.
    public static var frameLimit: Int { AgentLimits.hostFrame }
}

/// Where a process's output goes. A terminal's is `stdout`.
public enum OutputStream: UInt8, CaseIterable, Sendable {
    /// Descriptor 1.
    case stdout = 1
    /// Descriptor 2.
    case stderr = 2

    init(from wire: inout WireReader) throws(WireError) {
        guard let stream = OutputStream(rawValue: try wire.integer(UInt8.self)) else { throw .invalid("stream") }
        self = stream
    }
}

extension HostMessage {
    private enum Tag: UInt8 {
        case hello = 1
        case configure, start, execute, input, inputEnd, credit, resize, signal, statistics, processes, pause, resume
        case copyOut, copyIn, copyEntry, copyData, copyEnd, copyCredit, renew, shutdown, rehearse
    }

    /// As of `AgentMessage`.
    public func encode(to wire: inout WireWriter) {
        func put(_ tag: Tag, _ number: UInt32? = nil) {
            wire.put(tag.rawValue)
            if let number { wire.put(number) }
        }
        switch self {
        case .hello(let version):
            put(.hello)
            wire.put(version)
        case .configure(let configuration):
            put(.configure)
            configuration.encode(to: &wire)
        case .start: put(.start)
        case .execute(let process, let execution):
            put(.execute, process)
            wire.put(execution.description)
            wire.put(execution.hasInput)
            wire.put(execution.isPrivileged)
            execution.terminal.encode(to: &wire)
        case .input(let process, let bytes):
            put(.input, process)
            wire.putRest(bytes)
        case .inputEnd(let process): put(.inputEnd, process)
        case .credit(let process, let stream, let bytes):
            put(.credit, process)
            wire.put(stream.rawValue)
            wire.put(bytes)
        case .resize(let process, let size):
            put(.resize, process)
            size.encode(to: &wire)
        case .signal(let process, let number, let toAll):
            put(.signal, process)
            wire.put(number)
            wire.put(toAll)
        case .statistics(let request): put(.statistics, request)
        case .processes(let request): put(.processes, request)
        case .pause(let request): put(.pause, request)
        case .resume(let request): put(.resume, request)
        case .copyOut(let request, let path, let followsLink):
            put(.copyOut, request)
            wire.put(path)
            wire.put(followsLink)
        case .copyIn(let request, let path):
            put(.copyIn, request)
            wire.put(path)
        case .copyEntry(let request, let entry):
            put(.copyEntry, request)
            entry.encode(to: &wire)
        case .copyData(let request, let bytes):
            put(.copyData, request)
            wire.putRest(bytes)
        case .copyEnd(let request): put(.copyEnd, request)
        case .copyCredit(let request, let bytes):
            put(.copyCredit, request)
            wire.put(bytes)
        case .renew(let request, let renewal):
            put(.renew, request)
            renewal.encode(to: &wire)
        case .shutdown: put(.shutdown)
        case .rehearse(let request, let configuration):
            put(.rehearse, request)
            configuration.encode(to: &wire)
        }
    }

    /// As of `AgentMessage`.
    public init(from wire: inout WireReader) throws(WireError) {
        guard let tag = Tag(rawValue: try wire.integer(UInt8.self)) else { throw .invalid("tag") }
        func number() throws(WireError) -> UInt32 { try wire.integer(UInt32.self) }
        switch tag {
        case .hello: self = .hello(version: try wire.integer(UInt16.self))
        case .configure: self = .configure(try WorkloadConfiguration(from: &wire))
        case .start: self = .start
        case .execute:
            self = .execute(
                process: try number(),
                Execution(
                    description: try wire.bytes(limit: AgentLimits.json), hasInput: try wire.bool(),
                    isPrivileged: try wire.bool(), terminal: try TerminalSize(from: &wire)))
        case .input: self = .input(process: try number(), bytes: try wire.data())
        case .inputEnd: self = .inputEnd(process: try number())
        case .credit:
            self = .credit(process: try number(), stream: try OutputStream(from: &wire), bytes: try number())
        case .resize: self = .resize(process: try number(), try TerminalSize(from: &wire))
        case .signal:
            let process = try number()
            let signal = try wire.integer(UInt8.self)
            // Linux has signals 1 to 64.
            guard (1...64).contains(signal) else { throw .invalid("signal") }
            self = .signal(process: process, number: signal, toAll: try wire.bool())
        case .statistics: self = .statistics(request: try number())
        case .processes: self = .processes(request: try number())
        case .pause: self = .pause(request: try number())
        case .resume: self = .resume(request: try number())
        case .copyOut:
            self = .copyOut(
                request: try number(), path: try wire.string(limit: AgentLimits.path), followsLink: try wire.bool())
        case .copyIn: self = .copyIn(request: try number(), path: try wire.string(limit: AgentLimits.path))
        case .copyEntry: self = .copyEntry(request: try number(), try CopyEntry(from: &wire))
        case .copyData: self = .copyData(request: try number(), bytes: try wire.data())
        case .copyEnd: self = .copyEnd(request: try number())
        case .copyCredit: self = .copyCredit(request: try number(), bytes: try number())
        case .renew: self = .renew(request: try number(), try Renewal(from: &wire))
        case .shutdown: self = .shutdown
        case .rehearse: self = .rehearse(request: try number(), try WorkloadConfiguration(from: &wire))
        }
    }
}

extension HostMessage.Renewal {
    fileprivate func encode(to wire: inout WireWriter) {
        wire.put(time)
        wire.put(entropy)
        wire.put(hostname)
        wire.put(workloadHostname)
        WorkloadConfiguration.File.encode(files, to: &wire)
    }

    fileprivate init(from wire: inout WireReader) throws(WireError) {
        time = try wire.integer(UInt64.self)
        entropy = try wire.bytes(limit: AgentLimits.entropy)
        hostname = try wire.string(limit: AgentLimits.hostname)
        workloadHostname = try wire.string(limit: AgentLimits.hostname)
        files = try WorkloadConfiguration.File.decode(from: &wire)
    }
}

extension WireReader {
    /// Takes data that ends with the message.
    mutating func data() throws(WireError) -> [UInt8] {
        guard remaining <= AgentLimits.data else { throw .tooLong(remaining, limit: AgentLimits.data) }
        return rest()
    }
}
