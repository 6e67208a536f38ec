import CommandLineOptions
import JSON
import Launcher

let listCommand = Command(
    "ps", aliases: [["container", "ls"], ["container", "list"], ["container", "ps"]],
    summary: "List containers",
    options: [
        Option("-a", "--all", help: "list those that do not run, too"),
        Option(
            "-f", "--filter", value: "KEY=VALUE", repeats: true,
            help: "only with id, name, label, status, exited, ancestor, isolation, before or since"),
        Option("--format", value: "FORMAT", help: "print as json, table, or a template such as '{{.ID}} {{.Names}}'"),
        Option("-n", "--last", value: "NUMBER", help: "list the newest ones, running or not"),
        Option("-l", "--latest", help: "list the newest one, running or not"),
        Option("--no-trunc", help: "do not shorten ids and commands"),
        Option("-q", "--quiet", help: "print ids only"),
        Option("-s", "--size", help: "print the size of each container's own files"),
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let filter = try ContainerFilter(arguments.values("--filter"), store)
    var count = arguments.has("--latest") ? 1 : nil
    if let text = arguments.value("--last") {
        guard let number = Int(text) else { throw UsageError("invalid value '\(text)' for --last: a number") }
        if number >= 0 { count = number }
    }
    let all = arguments.has("--all") || count != nil || filter.namesStatus
    var views = try store.all().filter { (all || $0.running != nil) && filter.accepts($0) }
    if let count { views = Array(views.prefix(count)) }
    let whole = arguments.has("--no-trunc")
    let size = arguments.has("--size")
    switch arguments.value("--format") {
    case _ where arguments.has("--quiet"):
        for view in views { print(whole ? view.record.id : view.record.shortID) }
    case nil, "table":
        var table = TextTable(
            ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"] + (size ? ["SIZE"] : []))
        for view in views {
            let (line, record) = (try ContainerLine(view, store), view.record)
            table.add(
                [
                    whole ? record.id : record.shortID, record.image.name, line.command(whole: whole), line.age,
                    line.status, "", record.name,
                ] + (size ? [HumanUnits.decimal(UInt64(try store.size(record)))] : []))
        }
        table.print()
    case .some(let format):
        let template = try Template(format)
        for view in views {
            let line = try ContainerLine(view, store)
            print(template.text(line.json(whole: whole, size: size ? try store.size(view.record) : nil)))
        }
    }
    return 0
}
