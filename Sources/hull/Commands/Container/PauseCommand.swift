import CommandLineOptions
import Launcher

let pauseCommand = Command(
    "pause", aliases: [["container", "pause"]],
    summary: "Stop all processes of containers until unpause",
    operands: "CONTAINER..."
) { arguments in
    let store = try ContainerPlace(arguments).store
    return arguments.forEachOperand { name in
        try store.pause(name)
        print(name)
    }
}

let unpauseCommand = Command(
    "unpause", aliases: [["container", "unpause"]],
    summary: "Let the processes of paused containers run on",
    operands: "CONTAINER..."
) { arguments in
    let store = try ContainerPlace(arguments).store
    return arguments.forEachOperand { name in
        try store.unpause(name)
        print(name)
    }
}
