import CommandLineOptions
import Glibc
import JSON
import Launcher
import LinuxSystem

let eventsCommand = Command(
    "events", aliases: [["system", "events"]],
    summary: "Show what happens to containers and images",
    options: [
        Option("--since", value: "TIME", help: "show what happened since then: RFC 3339, seconds, or a span (10m)"),
        Option("--until", value: "TIME", help: "end at that time"),
        Option(
            "-f", "--filter", value: "KEY=VALUE", repeats: true,
            help: "only with container, image, event, type or label"),
        Option("--format", value: "FORMAT", help: "print as json, a line an event"),
    ]
) { arguments in
    if let format = arguments.value("--format"), format != "json" {
        throw UsageError("invalid value '\(format)' for --format: json is known")
    }
    let log = EventLog(root: try Place(arguments).store.path)
    let since = try arguments.moment("--since")
    let until = try arguments.moment("--until")
    let filter = try EventFilter(arguments.values("--filter"))
    func show(_ events: [Event]) throws {
        for event in events where filter.accepts(event) {
            if let since, event.time < since.nanoseconds { continue }
            if let until, event.time > until.nanoseconds { continue }
            print(arguments.value("--format") != nil ? event.json.text() : event.line)
        }
        fflush(nil)
    }
    let reader = try log.reader(fromNow: true)
    if since != nil || (until.map { $0 < .now } ?? false) { try show(log.events()) }
    while until.map({ .now < $0 }) ?? true {
        usleep(100_000)
        try show(reader.next())
    }
    return 0
}
