import CommandLineOptions
import Launcher

let topCommand = Command(
    "top", aliases: [["container", "top"]],
    summary: "List the processes of a container",
    operands: "CONTAINER"
) { arguments in
    let store = try ContainerPlace(arguments).store
    let container = try store.view(named: arguments.operands[0]).container()
    ProcessTable.of(try container.processes()).print()
    return 0
}
