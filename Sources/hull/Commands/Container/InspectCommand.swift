import CommandLineOptions
import ImageStore
import JSON
import Launcher

let inspectCommand = Command(
    "inspect", aliases: [["container", "inspect"]],
    summary: "Tell all about containers, or images",
    operands: "NAME...",
    options: [
        Option("-f", "--format", value: "FORMAT", help: "print as json, or by a template such as '{{.State.Status}}'"),
        Option("-s", "--size", help: "count the bytes of a container's own files"),
        Option("--type", value: "KIND", help: "only a container, or an image"),
    ]
) { arguments in
    let place = try ContainerPlace(arguments)
    let template = try arguments.value("--format").map(Template.init)
    let kind = arguments.value("--type")
    guard [nil, "container", "image"].contains(kind) else {
        throw UsageError("invalid value '\(kind ?? "")' for --type: container and image are known")
    }
    var values: [JSONValue] = []
    let status = arguments.forEachOperand { name in
        values.append(try inspect(name, kind, place.store, size: arguments.has("--size")))
    }
    if let template {
        for value in values { print(template.text(value)) }
    } else {
        print(JSONValue.array(values).text(.pretty))
    }
    return status
}

private func inspect(_ name: String, _ kind: String?, _ store: ContainerStore, size: Bool) throws -> JSONValue {
    let images = try ImageStore(root: store.root)
    if kind == "image" { return try inspectImage(name, in: images) }
    do {
        return try ContainerInspection(name, store, size: size).json
    } catch let error as LaunchError where kind == nil && error == .noSuchContainer(name) {
        do {
            return try inspectImage(name, in: images)
        } catch StoreError.noSuchImage, StoreError.invalidReference {
            throw LaunchError("no such container or image: \(TextTable.printable(name))", status: 1)
        }
    }
}
