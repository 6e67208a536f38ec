import CommandLineOptions
import Launcher

let createCommand = Command(
    "create", aliases: [["container", "create"]],
    summary: "Make a container without starting it",
    operands: "IMAGE [COMMAND] [ARG...]", stopsAtFirstOperand: true,
    options: RunOptions.table.filter { !["--detach", "--detach-keys", "--sig-proxy"].contains($0.name) }
) { arguments in
    let place = try ContainerPlace(arguments)
    let options = try RunOptions(arguments, place.configuration, place.surroundings)
    let creation = ContainerCreation(place.store, place.configuration, try HostFacts.current())
    if options.explains {
        print(try creation.explain(options, arguments).text, terminator: "")
        return 0
    }
    print(try creation.create(options, warn: warn).id)
    return 0
}
