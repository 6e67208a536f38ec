import CommandLineOptions
import ContainerRuntime
import Glibc
import Launcher

let execCommand = Command(
    "exec", aliases: [["container", "exec"]],
    summary: "Run a further command in a running container",
    operands: "CONTAINER COMMAND [ARG...]", stopsAtFirstOperand: true,
    options: [
        Option("-i", "--interactive", help: "pass on standard input"),
        Option("-t", "--tty", help: "give the command a terminal"),
        Option("-d", "--detach", help: "run it in the background"),
        Option("-e", "--env", value: "NAME=VALUE", repeats: true, help: "set a variable; NAME alone passes ours on"),
        Option("--env-file", value: "FILE", repeats: true, help: "set variables from a file, one a line"),
        Option("-w", "--workdir", value: "DIR", help: "the working directory in the container"),
        Option("-u", "--user", value: "USER[:GROUP]", help: "who runs the command, by name or number"),
        Option("--privileged", help: "all capabilities, no seccomp filter"),
        detachKeysOption,
    ]
) { arguments in
    let place = try ContainerPlace(arguments)
    var execution = Execution(Array(arguments.operands.dropFirst()))
    execution.environment = try ProcessOptions.environment(arguments, place.surroundings)
    execution.workingDirectory = try arguments.parsed("--workdir", MountOption.absolute)
    execution.user = try arguments.parsed("--user", ProcessOptions.user)
    execution.terminal = arguments.has("--tty")
    execution.privileged = arguments.has("--privileged")
    var streams = ContainerStore.ExecutionStreams()
    streams.input = arguments.has("--interactive")
    streams.detachKeys = try arguments.detachKeys() ?? streams.detachKeys
    do {
        if arguments.has("--detach") {
            try place.store.executeDetached(arguments.operands[0], execution)
            return 0
        }
        if execution.terminal, streams.input, isatty(STDIN_FILENO) != 1 {
            throw UsageError("standard input is no terminal: leave -t away")
        }
        return try place.store.execute(arguments.operands[0], execution, streams)
    } catch let error as RuntimeError {
        throw CommandFailure("\(error)", status: error.exitCode)
    } catch let error as LaunchError {
        throw CommandFailure("\(error)", status: error.status)
    }
}
