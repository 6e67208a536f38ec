import CommandLineOptions
import Launcher

let createCommand = Command(
    "create", aliases: [["container", "create"]],
    summary: "Make a container without starting it",
    operands: "IMAGE [COMMAND] [ARG...]", stopsAtFirstOperand: true,
    options: RunOptions.table.filter {
        !["--detach", "--detach-keys", "--sig-proxy", "--from-snapshot"].contains($0.name)
    }
) { arguments in
    let order = try ContainerOrder(arguments)
    if order.explains() { return 0 }
    print(try order.creation.create(order.options, warn: warn).id)
    return 0
}

/// What `create` and `run` begin with: the options, and who makes a container of them.
struct ContainerOrder {
    let place: ContainerPlace
    let options: RunOptions
    let creation: ContainerCreation
    /// With `--explain`, the decisions; nothing is made.
    private let explanation: String?

    init(_ arguments: Arguments) throws {
        place = try ContainerPlace(arguments)
        options = try RunOptions(arguments, place.configuration, place.surroundings)
        creation = ContainerCreation(place.store, place.configuration, try HostFacts.current())
        explanation = options.explains ? try creation.explain(options, arguments).text : nil
    }

    /// Prints the decisions where they were asked for.
    func explains() -> Bool {
        guard let explanation else { return false }
        print(explanation, terminator: "")
        return true
    }
}
