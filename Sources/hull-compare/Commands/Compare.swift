import CommandLineOptions
import Comparison
import Launcher
import LinuxSystem

/// `hull compare`.
@Sendable func compare(_ arguments: Arguments) throws -> Int32 {
    let file = try arguments.value("--suite").map { try SuiteFile($0) }
    let workloads = try file.map { try planned($0, arguments) } ?? [try planned(arguments)]
    let plan = try ComparePlan(arguments, time: file?.suite.time ?? "30s")
    let request = try ReportRequest(arguments)
    try request.check(sides: plan.sides.map(\.name) + plan.peers)
    let setting = try ComparisonSetting(arguments, plan)
    defer { setting.cleanUp() }
    let result = try setting.run(
        workloads, title: file?.suite.title ?? workloads[0].name, options: ComparisonOptions.words(arguments))
    let status = try request.write([(label: "", result: result)])
    return result.isInterrupted ? 130 : status
}

/// The workload of the command line.
private func planned(_ arguments: Arguments) throws -> PlannedWorkload {
    guard let image = arguments.operands.first else {
        throw UsageError("'compare' takes IMAGE [COMMAND] [ARG...], or --suite; see 'hull compare --help'")
    }
    return PlannedWorkload(
        name: arguments.operands.joined(separator: " "), image: image,
        command: Array(arguments.operands.dropFirst()), options: ComparisonOptions.words(arguments))
}

/// The workloads of a suite, with the image of the command line where it names one.
private func planned(_ file: SuiteFile, _ arguments: Arguments) throws -> [PlannedWorkload] {
    guard arguments.operands.count < 2 else {
        throw UsageError("the commands are the suite's: give at most an image beside --suite")
    }
    return try file.suite.workloads.map { workload in
        guard let image = arguments.operands.first ?? workload.image ?? file.suite.image else {
            throw UsageError("\(workload.name) has no image: the suite names none, so give one")
        }
        let input = workload.input.map { $0.hasPrefix("/") ? $0 : file.directory + $0 }
        return PlannedWorkload(
            name: workload.name, shows: workload.shows, image: image, command: workload.command,
            measure: workload.measure, operation: workload.operation,
            options: ComparisonOptions.words(arguments) + workload.options, input: input)
    }
}
