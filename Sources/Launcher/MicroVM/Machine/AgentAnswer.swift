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

    /// It has ended, and its workload has not.
    var endedEarly: LaunchError {
        LaunchError("the micro-VM ended before its workload, with exit code \(wait())\(lastWords)")
    }

    /// The end of an error message: what the machine last said.
    var lastWords: String {
        let lines = lastLines(5)
        return lines.isEmpty ? "" : "; its last words: " + lines.joined(separator: " | ")
    }
}
