import CommandLineOptions
import Glibc
import Launcher

let runCommand = Command(
    "run", aliases: [["container", "run"]],
    summary: "Run a command in a new container",
    operands: "IMAGE [COMMAND] [ARG...]", stopsAtFirstOperand: true, operandsSubstitute: "--from-snapshot",
    failureStatus: 125,
    options: RunOptions.table
) { arguments in
    let order = try ContainerOrder(arguments)
    if order.explains() { return 0 }
    let (options, store) = (order.options, order.place.store)
    if !options.detach, options.terminal, options.attachesInput, isatty(STDIN_FILENO) != 1 {
        throw UsageError("standard input is no terminal: leave -t away")
    }
    let container = try order.creation.prepare(options, warn: warn)
    let id = container.record.id
    if options.detach {
        if let outcome = try store.startDetached(container) { return try status(of: outcome) }
        print(id)
        return 0
    }
    if !options.attachesOutput {
        print(id)
        fflush(nil)
    }
    return try status(of: store.startAttached(container, options.attachment))
}

extension RunOptions {
    /// How `run` is attached to the container that it starts.
    var attachment: Attachment.Options {
        var attachment = Attachment.Options()
        attachment.input = attachesInput
        attachment.output = attach?.contains(.stdout) ?? true
        attachment.errors = attach?.contains(.stderr) ?? true
        attachment.terminal = terminal
        attachment.detachKeys = detachKeys
        attachment.passesSignals = passesSignals
        return attachment
    }
}
