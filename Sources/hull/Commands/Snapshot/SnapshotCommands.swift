import CommandLineOptions
import JSON
import Launcher

let createSnapshotCommand = Command(
    "snapshot", "create", summary: "Write a running micro-VM down, with its workload; it runs on",
    operands: "NAME CONTAINER",
    options: [Option("--stop", help: "kill the container when the snapshot is whole")]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let name = arguments.operands[0]
    try store.createSnapshot(name, of: arguments.operands[1], ends: arguments.has("--stop"))
    print(name)
    return 0
}

let listSnapshotsCommand = Command(
    "snapshot", "list", aliases: [["snapshot", "ls"]], summary: "List the micro-VMs that were written down",
    options: [imageFormatOption]
) { arguments in
    let asJSON = try arguments.wantsJSON()
    let store = try snapshots(arguments)
    var table = TextTable(["SNAPSHOT", "CONTAINER", "IMAGE", "MEMORY", "SIZE", "CREATED"])
    for name in try store.names() {
        let snapshot: SnapshotDescription
        do {
            snapshot = try store.description(name)
        } catch {
            warn("\(error)")
            continue
        }
        let size = store.size(name)
        if asJSON {
            let line: JSONValue = [
                "Snapshot": .string(name), "Container": .string(snapshot.record.name),
                "Image": .string(snapshot.record.image.name), "Memory": .integer(snapshot.machine.memory << 20),
                "Cpus": .integer(Int64(snapshot.machine.processors)), "Size": .integer(size),
                "Created": .integer(snapshot.machine.created),
            ]
            print(line.text())
        } else {
            table.add([
                name, snapshot.record.name, snapshot.record.image.name, "\(snapshot.machine.memory) MiB",
                HumanUnits.decimal(UInt64(max(0, size))), snapshot.age,
            ])
        }
    }
    if !asJSON { table.print() }
    return 0
}

let inspectSnapshotCommand = Command(
    "snapshot", "inspect", summary: "Verify snapshots whole, and show what they are of", operands: "SNAPSHOT..."
) { arguments in
    let store = try snapshots(arguments)
    return arguments.forEachOperand { name in
        try store.verify(name)
        print(try JSONValue.encode(store.description(name)).text(.pretty))
    }
}

let removeSnapshotCommand = Command(
    "snapshot", "rm", summary: "Remove snapshots; machines that go on from them are not touched",
    operands: "SNAPSHOT..."
) { arguments in
    let store = try snapshots(arguments)
    return arguments.forEachOperand { name in
        try store.remove(name)
        print(name)
    }
}

private func snapshots(_ arguments: Arguments) throws -> SnapshotStore {
    SnapshotStore(root: try Place(arguments).store.path)
}
