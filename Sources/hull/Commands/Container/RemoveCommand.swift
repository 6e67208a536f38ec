import CommandLineOptions
import Launcher

let removeCommand = Command(
    "rm", aliases: [["container", "rm"], ["container", "remove"]],
    summary: "Remove containers",
    operands: "CONTAINER...",
    options: [
        Option("-f", "--force", help: "kill containers that run, and pass over those that do not exist"),
        Option("-v", "--volumes", help: "remove anonymous volumes too: there are none"),
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let force = arguments.has("--force")
    return arguments.forEachOperand { name in
        do {
            try store.remove(name, force: force)
        } catch let error as LaunchError where force && error == .noSuchContainer(name) {
            // As with rm(1): what is not there needs no removal.
            return complain(error)
        }
        print(name)
    }
}
