import CommandLineOptions
import Glibc
import Launcher
import LinuxSystem

let compareCommand = Command(
    "compare", summary: "Compare a command's runs in containers and micro-VMs, side by side",
    operands: "[IMAGE] [COMMAND] [ARG...]", stopsAtFirstOperand: true, failureStatus: 125,
    options: ComparisonOptions.table
) { arguments in try becomeCompareProgram(arguments) }

let compareReportCommand = Command(
    "compare", "report", summary: "Show results of comparisons again, several side by side", operands: "FILE...",
    failureStatus: 125, options: ComparisonOptions.reportOptions
) { arguments in try becomeCompareProgram(arguments) }

/// Executes `hull-compare` in our place, with our own words: it is too large for what starts containers.
private func becomeCompareProgram(_ arguments: Arguments) throws -> Int32 {
    let place = try Place(arguments)
    let name = "hull-compare"
    guard
        let path = place.configuration.paths[name] ?? ChildProgram.find(name, in: ChildProgram.ownDirectories())
    else { throw UsageError("cannot find \(name) beside hull, in ../libexec/hull or in PATH: install it") }
    guard let own = ChildProgram.ownPath() else { throw UsageError("cannot tell where hull itself is: mount /proc") }
    let failure = ChildProgram.replaceOurselves(path, [own] + CommandLine.arguments.dropFirst())
    throw failure
}
