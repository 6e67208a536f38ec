import AgentProtocol
import ContainerRuntime

@testable import Launcher

/// What a guest says of itself, as `hull stats` and `hull top` show it: any numbers, and names of any characters. A row is
/// one line, and no text of a guest's moves a cursor.
let guestFiguresTarget = FuzzTarget(name: "guest-figures") { bytes in
    var script = ScriptBytes(bytes)
    func statistics() -> ControlGroupStatistics {
        var values: [Statistic: UInt64] = [:]
        for statistic in Statistic.allCases where script.byte() & 1 == 0 { values[statistic] = script.number(8) }
        return ControlGroupStatistics(values)
    }
    let before = statistics()
    let sample = UsageSample(
        id: "0123456789abcdef", name: "name", before: before, now: statistics(), elapsed: Int64(script.number(4)))
    check(sample.row)
    _ = sample.json.bytes()

    var processes: [ProcessEntry] = []
    while !script.isEmpty {
        let command = script.bytes(Int(script.byte()))
        processes.append(
            ProcessEntry(
                GuestProcess(
                    user: UInt32(script.number(4)), pid: UInt32(script.number(4)), parent: UInt32(script.number(4)),
                    cpuTicks: script.number(8), startTicks: script.number(8), terminal: UInt32(script.number(4)),
                    command: String(decoding: command, as: UTF8.self))))
    }
    let boot = Int64(script.number(4))
    for line in ProcessTable.of(processes, boot: boot).lines() { check([line]) }
}

private func check(_ cells: [String]) {
    for scalar in cells.joined().unicodeScalars where scalar.properties.generalCategory == .control {
        fatalError("a control character is shown: \(scalar.value)")
    }
}
