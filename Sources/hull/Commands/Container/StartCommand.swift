import CommandLineOptions
import Launcher

let startCommand = Command(
    "start", aliases: [["container", "start"]],
    summary: "Start containers that are not running",
    operands: "CONTAINER...",
    options: [
        Option("-a", "--attach", help: "attach standard output and standard error, and pass signals on"),
        Option("-i", "--interactive", help: "attach standard input"),
        Option("--sig-proxy", help: "pass signals on to the container (true)"),
        detachKeysOption,
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    guard arguments.has("--attach") || arguments.has("--interactive") else {
        return arguments.forEachOperand { name in
            if let container = try store.prepareStart(name), let outcome = try store.startDetached(container) {
                _ = try status(of: outcome)
            }
            print(name)
        }
    }
    guard arguments.operands.count == 1, let name = arguments.operands.first else {
        throw UsageError("only one container can be attached")
    }
    let record = try store.find(name)
    var options = Attachment.Options()
    options.input = arguments.has("--interactive") && record.interactive
    options.terminal = record.terminal
    options.detachKeys = try arguments.detachKeys() ?? options.detachKeys
    options.passesSignals = arguments.value("--sig-proxy") != "false"
    if let container = try store.prepareStart(name) {
        return try status(of: store.startAttached(container, options))
    }
    return try status(of: store.attach(try store.view(named: name), options))
}
