import CommandLineOptions
import Glibc
import Launcher
import LinuxSystem

let killCommand = Command(
    "kill", aliases: [["container", "kill"]],
    summary: "Send a signal to containers",
    operands: "CONTAINER...",
    options: [Option("-s", "--signal", value: "SIGNAL", help: "the signal (SIGKILL)")]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let signal = try arguments.signal() ?? SIGKILL
    return arguments.forEachOperand { name in
        try store.kill(name, signal)
        print(name)
    }
}

extension Arguments {
    /// The value of `--signal`.
    func signal() throws -> CInt? {
        guard let text = value("--signal") else { return nil }
        guard let number = SignalNames.number(of: text) else {
            throw UsageError("invalid value '\(text)' for --signal: there is no such signal")
        }
        return number
    }
}
