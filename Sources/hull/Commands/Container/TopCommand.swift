import CommandLineOptions
import Launcher

let topCommand = Command(
    "top", aliases: [["container", "top"]],
    summary: "List the processes of a container",
    operands: "CONTAINER"
) { arguments in
    let store = try ContainerPlace(arguments).store
    try store.processTable(try store.view(named: arguments.operands[0])).print()
    return 0
}
