import CommandLineOptions
import JSON
import Launcher

let buildTemplateCommand = Command(
    "template", "build", summary: "Make the machine from which micro-VMs of a shape go on, before the first start does",
    options: TemplateOrder.table
) { arguments in
    let place = try ContainerPlace(arguments)
    let order = try TemplateOrder(arguments, place.configuration, place.surroundings)
    print(try place.store.makeTemplate(order) { writeToStandardError("hull: \($0)\n") })
    return 0
}

let listTemplatesCommand = Command(
    "template", "list", aliases: [["template", "ls"]],
    summary: "List the booted machines from which micro-VMs go on",
    options: [imageFormatOption]
) { arguments in
    let asJSON = try arguments.wantsJSON()
    let store = try templates(arguments)
    var table = TextTable(["TEMPLATE", "MEMORY", "CPUS", "SIZE", "KERNEL"])
    for key in try store.keys() {
        guard let template = store.description(key) else { continue }
        let size = store.size(key)
        if asJSON {
            let line: JSONValue = [
                "Template": .string(key), "Memory": .integer(template.machine.memory << 20),
                "Cpus": .integer(Int64(template.machine.processors)), "Size": .integer(size),
                "Kernel": .string(template.kernel ?? ""), "Created": .integer(template.machine.created),
            ]
            print(line.text())
        } else {
            table.add([
                String(key.prefix(12)), "\(template.machine.memory) MiB", "\(template.machine.processors)",
                "\(size >> 20) MiB",
                template.kernel ?? "",
            ])
        }
    }
    if !asJSON { table.print() }
    return 0
}

let inspectTemplateCommand = Command(
    "template", "inspect", summary: "Verify templates whole, and show what they are of", operands: "TEMPLATE..."
) { arguments in
    let store = try templates(arguments)
    return arguments.forEachOperand { name in
        let key = try find(name, in: store)
        try store.verify(key)
        if let description = store.description(key) {
            print(try JSONValue.encode(description).text(.pretty))
        }
    }
}

let removeTemplateCommand = Command(
    "template", "rm", summary: "Remove templates; the next start of such a micro-VM makes a new one",
    operands: "TEMPLATE..."
) { arguments in
    let store = try templates(arguments)
    return arguments.forEachOperand { name in
        let key = try find(name, in: store)
        try store.remove(key)
        print(key)
    }
}

private func templates(_ arguments: Arguments) throws -> TemplateStore {
    TemplateStore(root: try Place(arguments).store.path)
}

/// The whole key of a template that is named by its first digits.
private func find(_ name: String, in store: TemplateStore) throws -> String {
    let matches = try store.keys().filter { $0.hasPrefix(name) }
    guard let key = matches.first else {
        throw LaunchError("no such template: \(name): 'hull template list' shows those that there are", status: 1)
    }
    if matches.count > 1 { throw LaunchError("several templates begin with \(name): give more digits", status: 1) }
    return key
}
