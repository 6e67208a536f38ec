import AgentProtocol
import LinuxSystem

/// What is waited for of a guest's agent before there is a workload.
enum AgentAnswer {
    /// How long a guest may take to it, in milliseconds: the slowest hosts emulate it.
    private static let patience: Int64 = 120_000

    /// Waits for its first word.
    ///
    /// - Throws: where the machine ends first, says nothing, or speaks another language; with its last words.
    static func awaitGreeting(_ connection: GuestConnection, _ machine: MachineProcess) throws {
        let (oldest, newest) = try wait(connection, machine) { message in
            if case .hello(let oldest, let newest, _) = message { (oldest, newest) } else { nil }
        }
        let spoken = AgentLimits.versions.upperBound
        guard oldest <= spoken, spoken <= newest else {
            throw LaunchError("the guest's agent speaks versions \(oldest) to \(newest), not \(spoken)")
        }
    }

    /// Waits for a message, and sends meanwhile what waits.
    ///
    /// - Parameter answer: what a message comes to; nil where it is another.
    /// - Throws: as above, and where the agent refuses what was asked.
    static func wait<Answer>(
        _ connection: GuestConnection, _ machine: MachineProcess, _ answer: (GuestMessage) -> Answer?
    ) throws -> Answer {
        let end = milliseconds + patience
        while milliseconds < end {
            try connection.flush()
            var set = PollSet()
            set.add(connection.descriptor, connection.events)
            let ended = machine.watch(&set)
            _ = try set.wait(timeout: CInt(clamping: end - milliseconds))
            machine.listen()
            try connection.receive()
            while let message = try connection.next() {
                if let wanted = answer(message) { return wanted }
                if case .refused(_, let text) = message { throw LaunchError(GuestText.shown(text)) }
            }
            if set.isReady(ended) || connection.hasEnded {
                // A guest that has said good-bye is about to switch itself off.
                if !set.isReady(ended) { machine.kill(after: MachineProcess.farewellTime) }
                throw machine.endedEarly
            }
        }
        throw LaunchError("the guest's agent says nothing for \(patience / 1000) seconds\(machine.lastWords)")
    }

    private static var milliseconds: Int64 { WallClock.now.nanoseconds / 1_000_000 }
}

extension MachineProcess {
    /// How long a machine may take to end when its agent has gone, in milliseconds.
    static let farewellTime: CInt = 2000

    /// It has ended, and its workload has not: how, and what the guest's kernel said last.
    var endedEarly: LaunchError {
        let code = wait()
        var lines = lastLines(Self.shownLines + 1)
        var reason = code > 128 ? "its process was killed by signal \(code - 128)" : "the guest switched itself off"
        // What it says of an end is the last that it says. One that is killed says nothing.
        if code <= 128, let last = lines.last, last.hasPrefix(Self.mark) {
            reason = String(last.dropFirst(Self.mark.count))
            lines.removeLast()
        } else if code > 0, code <= 128 {
            reason = "exit code \(code)"
        }
        return LaunchError("the micro-VM ended before its workload: \(reason)\(Self.words(lines))")
    }

    /// The end of an error message: what the machine last said.
    var lastWords: String { Self.words(lastLines(Self.shownLines)) }

    /// With what the lines of hull-vmm's own begin.
    private static let mark = "hull-vmm: "
    private static let shownLines = 5

    private static func words(_ lines: [String]) -> String {
        lines.isEmpty ? "" : "; its last words: " + lines.suffix(shownLines).joined(separator: " | ")
    }
}
