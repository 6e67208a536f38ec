import CommandLineOptions
import Glibc
import Launcher
import LinuxSystem

let logsCommand = Command(
    "logs", aliases: [["container", "logs"]],
    summary: "Print what a container has written",
    operands: "CONTAINER",
    options: [
        Option("-f", "--follow", help: "go on until the container ends"),
        Option("-n", "--tail", value: "NUMBER", help: "only so many of the last lines, or all"),
        Option("--since", value: "TIME", help: "only what was written since: RFC 3339, seconds, or a span (10m)"),
        Option("--until", value: "TIME", help: "only what was written until then"),
        Option("-t", "--timestamps", help: "print the time before each line"),
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    var selection = LogSelection()
    if let text = arguments.value("--tail"), text != "all", !text.hasPrefix("-") {
        guard let number = Int(text) else {
            throw UsageError("invalid value '\(text)' for --tail: it should be a number of lines, or all")
        }
        selection.tail = number
    }
    selection.since = try arguments.moment("--since")
    selection.until = try arguments.moment("--until")
    selection.follows = arguments.has("--follow")
    let stamps = arguments.has("--timestamps")
    var continues = false
    try store.readLog(arguments.operands[0], selection) { lines in
        // Lines of one stream that follow each other are written at once.
        var bytes: [UInt8] = []
        var stream = STDOUT_FILENO
        for line in lines {
            let target = line.stream == "stderr" ? STDERR_FILENO : STDOUT_FILENO
            if target != stream {
                try WholeFile.write(bytes, to: stream, "a log line")
                bytes = []
                stream = target
            }
            if stamps, !continues { bytes += Array("\(line.time.rfc3339) ".utf8) }
            bytes += Array(line.text.utf8)
            continues = line.text.utf8.last != 0x0A
        }
        try WholeFile.write(bytes, to: stream, "a log line")
    }
    return 0
}

extension Arguments {
    /// A moment that an option names.
    func moment(_ option: String) throws -> WallClock? {
        guard let text = value(option) else { return nil }
        guard let moment = WallClock(argument: text) else {
            throw UsageError(
                "invalid value '\(text)' for \(option): give RFC 3339, seconds since 1970, or a span as 10m")
        }
        return moment
    }
}
