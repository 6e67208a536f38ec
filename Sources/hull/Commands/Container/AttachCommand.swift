import CommandLineOptions
import Glibc
import Launcher

let attachCommand = Command(
    "attach", aliases: [["container", "attach"]],
    summary: "Attach our streams to a running container's",
    operands: "CONTAINER",
    options: [
        Option("--no-stdin", help: "do not pass on standard input"),
        Option("--sig-proxy", help: "pass signals on to the container (true)"),
        detachKeysOption,
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let view = try store.view(named: arguments.operands[0])
    if view.running == nil {
        throw LaunchError("container \(view.record.name) is not running: start it first", status: 1)
    }
    if view.isPaused { throw LaunchError("container \(view.record.name) is paused: unpause it first", status: 1) }
    var options = Attachment.Options()
    options.input = view.record.interactive && !arguments.has("--no-stdin")
    options.terminal = view.record.terminal
    if options.input, options.terminal, isatty(STDIN_FILENO) != 1 {
        throw UsageError("standard input is no terminal, but the container has one: use --no-stdin")
    }
    options.detachKeys = try arguments.detachKeys() ?? options.detachKeys
    options.passesSignals = arguments.value("--sig-proxy") != "false"
    return try status(of: store.attach(view, options))
}
