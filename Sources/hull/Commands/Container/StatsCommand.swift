import CommandLineOptions
import ContainerRuntime
import Glibc
import JSON
import Launcher
import LinuxSystem

let statsCommand = Command(
    "stats", aliases: [["container", "stats"]],
    summary: "Show what containers use",
    operands: "[CONTAINER...]",
    options: [
        Option("-a", "--all", help: "show those that do not run, too"),
        Option("--no-stream", help: "show one sample only"),
        Option("--format", value: "FORMAT", help: "print as json, a line a container, table, or by a template"),
        Option("--no-trunc", help: "accepted for Docker's sake: ids stay short"),
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let format = arguments.value("--format")
    let template = format == nil || format == "table" ? nil : try format.map(Template.init)
    var before: [String: Look] = [:]
    // CPU time is what was used between two looks.
    _ = try look(store, arguments, &before)
    while true {
        usleep(arguments.has("--no-stream") ? 200_000 : 1_000_000)
        let samples = try look(store, arguments, &before)
        if let template {
            for sample in samples { print(template.text(sample.json)) }
        } else {
            var table = TextTable(UsageSample.headings)
            for sample in samples { table.add(sample.row) }
            // A terminal's screen is written over.
            if !arguments.has("--no-stream"), isatty(STDOUT_FILENO) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
            table.print()
        }
        fflush(nil)
        if arguments.has("--no-stream") { return 0 }
    }
}

/// What a container had used at a time.
private struct Look {
    var statistics: ControlGroupStatistics
    var time: Int64
}

private func look(
    _ store: ContainerStore, _ arguments: Arguments, _ before: inout [String: Look]
) throws -> [UsageSample] {
    var views: [ContainerView]
    if arguments.operands.isEmpty {
        views = try store.all().filter { arguments.has("--all") || $0.running != nil }
    } else {
        views = try arguments.operands.map(store.view(named:))
    }
    var samples: [UsageSample] = []
    for view in views {
        // One that ends just now has used nothing more.
        let statistics = (try? store.statistics(view)) ?? ControlGroupStatistics()
        let now = Look(statistics: statistics, time: WallClock.now.nanoseconds)
        let earlier = before.updateValue(now, forKey: view.record.id)
        samples.append(
            UsageSample(
                id: view.record.id, name: view.record.name, before: earlier?.statistics, now: statistics,
                elapsed: now.time - (earlier?.time ?? now.time)))
    }
    return samples
}
