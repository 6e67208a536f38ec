import CommandLineOptions
import Comparison
import Glibc
import Launcher
import LinuxSystem

/// `hull compare`.
@Sendable func compare(_ arguments: Arguments) throws -> Int32 {
    let plan = try ComparePlan(arguments)
    let request = try ReportRequest(arguments)
    try request.check(sides: plan.sides.map(\.name) + plan.peers)
    var workload = PlannedWorkload(
        name: arguments.operands.joined(separator: " "), image: arguments.operands[0],
        command: Array(arguments.operands.dropFirst()))
    workload.options = ComparisonOptions.words(arguments)
    let setting = try ComparisonSetting(arguments, plan)
    defer { setting.cleanUp() }
    let result = try setting.run([workload], title: workload.name, options: workload.options)
    let status = try request.write([(label: "", result: result)])
    return result.isInterrupted ? 130 : status
}
