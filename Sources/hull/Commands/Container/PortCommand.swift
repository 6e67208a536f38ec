import CommandLineOptions
import Launcher

let portCommand = Command(
    "port", aliases: [["container", "port"]],
    summary: "List a container's published ports",
    operands: "CONTAINER [PORT]", hidden: true
) { arguments in
    _ = try ContainerPlace(arguments).store.find(arguments.operands[0])
    throw LaunchError("no ports are published: bridge networking is not there yet", status: 1)
}
