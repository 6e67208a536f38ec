import LinuxSystem

@testable import Launcher

/// A line of a log, which a workload's output fills; and a workload's bytes that become a line and are read again.
let logLineTarget = FuzzTarget(name: "log-line") { bytes in
    _ = LogLine(bytes[...])
    var line: [UInt8] = []
    LogLine.append(bytes[...], "stdout", "2024-01-01T00:00:00.000000000Z", to: &line)
    guard line.filter({ $0 == 0x0A }).count == 1, let read = LogLine(line.dropLast()) else {
        fatalError("a written line cannot be read")
    }
    if read.text != String(decoding: bytes, as: UTF8.self) { fatalError("a line is read as another") }
}
