import CommandLineOptions
import Glibc
import Launcher
import LinuxSystem

let stopCommand = Command(
    "stop", aliases: [["container", "stop"]],
    summary: "Stop containers: a signal, and SIGKILL when the time is over",
    operands: "CONTAINER...", options: stopOptions
) { arguments in
    try stop(arguments, ContainerPlace(arguments).store) { name in print(name) }
}

let restartCommand = Command(
    "restart", aliases: [["container", "restart"]],
    summary: "Stop containers and start them again",
    operands: "CONTAINER...", options: stopOptions
) { arguments in
    let store = try ContainerPlace(arguments).store
    return try stop(arguments, store) { name in
        if let container = try store.prepareStart(name), let outcome = try store.startDetached(container) {
            _ = try status(of: outcome)
        }
        print(name)
    }
}

private let stopOptions = [
    Option("-t", "--time", "--timeout", value: "SECONDS", help: "how long to wait (10, or the container's own)"),
    Option("-s", "--signal", value: "SIGNAL", help: "the signal (SIGTERM, or the container's own)"),
]

/// Stops containers: all are asked first, then each is waited for.
private func stop(_ arguments: Arguments, _ store: ContainerStore, _ then: (String) throws -> Void) throws -> Int32 {
    let seconds = try arguments.seconds("--timeout")
    let signal = try arguments.signal()
    var stopping: [StoppingContainer] = []
    var failed = arguments.forEachOperand { name in
        stopping.append(try store.beginStop(name, seconds: seconds, signal: signal))
    }
    for container in stopping {
        do {
            try store.finishStop(container)
            try then(container.name)
            fflush(nil)
        } catch {
            complain(error)
            failed = 1
        }
    }
    return failed
}
