import CommandLineOptions
import Launcher

let waitCommand = Command(
    "wait", aliases: [["container", "wait"]],
    summary: "Wait until containers have ended, and print their exit codes",
    operands: "CONTAINER..."
) { arguments in
    let store = try ContainerPlace(arguments).store
    return arguments.forEachOperand { name in print(try store.waitForEnd(name)) }
}
