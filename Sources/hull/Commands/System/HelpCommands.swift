import CommandLineOptions
import Glibc

let helpCommand = Command("help", summary: "Print help about a command", operands: "[COMMAND...]") { arguments in
    arguments.table.dispatch(arguments.operands + ["--help"])
}

let completionCommand = Command(
    "completion", summary: "Print completions for a shell, to be sourced by it", operands: "bash|zsh|fish"
) { arguments in
    guard let shell = Shell(rawValue: arguments.operands[0]) else {
        throw UsageError("invalid shell '\(arguments.operands[0])': bash, zsh and fish are known")
    }
    print(arguments.table.completions(shell), terminator: "")
    return 0
}

let manualCommand = Command("manual", summary: "Print the manual page, for man -l -") { arguments in
    print(arguments.table.manualPage(version: hullVersion), terminator: "")
    return 0
}
