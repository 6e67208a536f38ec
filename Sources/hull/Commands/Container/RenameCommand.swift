import CommandLineOptions
import Launcher

let renameCommand = Command(
    "rename", aliases: [["container", "rename"]],
    summary: "Give a container another name",
    operands: "CONTAINER NAME"
) { arguments in
    let store = try ContainerPlace(arguments).store
    let name = try Arguments.parse(arguments.operands[1], of: "NAME", RunOptions.containerName)
    try store.rename(store.find(arguments.operands[0]), to: name)
    return 0
}
