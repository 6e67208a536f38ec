import Glibc
import LinuxSystem

/// Which lines of a log `logs` shows.
public struct LogSelection: Sendable {
    /// How many of the last lines; nil for all.
    public var tail: Int?
    /// Nothing before this.
    public var since: WallClock?
    /// Nothing after this.
    public var until: WallClock?
    /// Whether to go on as the log grows.
    public var follows = false

    /// Makes one of all lines.
    public init() {}

    func accepts(_ line: LogLine) -> Bool {
        if let since, line.time < since { return false }
        if let until, until < line.time { return false }
        return true
    }
}

extension ContainerStore {
    /// Shows the log of a container.
    public func readLog(_ name: String, _ selection: LogSelection, _ show: ([LogLine]) throws -> Void) throws {
        let record = try find(name)
        guard record.logDriver == LogOptions.Driver.jsonFile.rawValue else {
            throw LaunchError(
                "container \(record.name) has no log: it was made with --log-driver=\(record.logDriver)", status: 1)
        }
        let reader = try LogReader(directory: directory(record.id))
        try showWritten(reader, selection, show)
        if !selection.follows { return }
        while true {
            // Asked before the log is read: what was written before the end is then read after it.
            let isOver = !SupervisorLock.isHeld(directory(record.id))
            let isPast = selection.until.map { $0 < .now } ?? false
            var lines = try reader.next()
            while !lines.isEmpty {
                try show(lines.filter(selection.accepts))
                lines = try reader.next()
            }
            if isOver || isPast { return }
            usleep(20_000)
        }
    }

    private func showWritten(
        _ reader: LogReader, _ selection: LogSelection, _ show: ([LogLine]) throws -> Void
    ) throws {
        guard let tail = selection.tail else {
            while case let lines = try reader.next(), !lines.isEmpty { try show(lines.filter(selection.accepts)) }
            return
        }
        var last: [LogLine] = []
        while case let lines = try reader.next(), !lines.isEmpty {
            last += lines.filter(selection.accepts)
            last.removeFirst(max(0, Self.tailStart(last, tail)))
        }
        try show(last)
    }

    /// Where the last lines begin. A long line is in several parts, of which only the last has a newline.
    static func tailStart(_ lines: [LogLine], _ tail: Int) -> Int {
        var count = 0
        for index in lines.indices.reversed() {
            if lines[index].text.utf8.last == 0x0A || index == lines.count - 1 {
                count += 1
                if count > tail { return index + 1 }
            }
        }
        return 0
    }
}
