import CommandLineOptions
import Launcher

/// The commands of `hull` that are ours: with the same options, but done here.
let compareCommandTable = CommandTable(
    program: "hull",
    summary: "Compares runs; hull calls it.",
    globals: [
        Option("--root", value: "DIR", help: "where images and containers are kept (HULL_ROOT)"),
        Option("--config", value: "FILE", help: "the configuration file (HULL_CONFIG)"),
    ],
    groups: [:],
    commands: [
        Command(
            "compare", summary: "Compare runs", operands: "[IMAGE] [COMMAND] [ARG...]", stopsAtFirstOperand: true,
            failureStatus: 125, options: ComparisonOptions.table, run: compare),
        Command(
            "compare", "report", summary: "Show results again", operands: "FILE...", failureStatus: 125,
            options: ComparisonOptions.reportOptions, run: report),
    ])
