import Wire

/// A number that the guest counts of its workload. The names are those of the runtime's statistics.
public enum Statistic: UInt8, CaseIterable, Sendable {
    // Bytes.
    case memoryUsage = 1
    case memoryLimit, memoryPeak, memoryCache, memoryInactiveFile
    // Events.
    case oomKills
    // Nanoseconds.
    case cpuTotal, cpuUser, cpuSystem, cpuThrottled
    // Processes.
    case pids, pidsLimit
    // Bytes.
    case blockRead, blockWritten
}

/// A process of the guest, as in a list of processes.
public struct GuestProcess: Equatable, Sendable {
    /// The real user's number.
    public var user: UInt32
    /// The process.
    public var pid: UInt32
    /// Its parent.
    public var parent: UInt32
    /// CPU time used, in hundredths of a second.
    public var cpuTicks: UInt64
    /// When it began, in hundredths of a second after the guest's start.
    public var startTicks: UInt64
    /// Its terminal's device number; 0 for none.
    public var terminal: UInt32
    /// Its command line, cut where it is long.
    public var command: String

    /// Makes a process.
    public init(
        user: UInt32, pid: UInt32, parent: UInt32, cpuTicks: UInt64, startTicks: UInt64, terminal: UInt32,
        command: String
    ) {
        self.user = user
        self.pid = pid
        self.parent = parent
        self.cpuTicks = cpuTicks
        self.startTicks = startTicks
        self.terminal = terminal
        self.command = command
    }

    func encode(to wire: inout WireWriter) {
        wire.put(user)
        wire.put(pid)
        wire.put(parent)
        wire.put(cpuTicks)
        wire.put(startTicks)
        wire.put(terminal)
        wire.put(command.cut(to: AgentLimits.command))
    }

    init(from wire: inout WireReader) throws(WireError) {
        user = try wire.integer(UInt32.self)
        pid = try wire.integer(UInt32.self)
        parent = try wire.integer(UInt32.self)
        cpuTicks = try wire.integer(UInt64.self)
        startTicks = try wire.integer(UInt64.self)
        terminal = try wire.integer(UInt32.self)
        command = try wire.string(limit: AgentLimits.command)
    }
}

extension String {
    /// The text, or as much of it as fits in so many bytes of UTF-8.
    func cut(to limit: Int) -> String {
        if utf8.count <= limit { return self }
        // A character that does not fit whole is left out.
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
