import CommandLineOptions
import ContainerRuntime
import Glibc
import JSON
import Launcher
import OCISpec

let infoCommand = Command(
    "info", aliases: [["system", "info"]], summary: "Print what Hull works with here",
    options: [Option("-f", "--format", value: "FORMAT", help: "print as json")]
) { arguments in
    let asJSON = try asksForJSON(arguments)
    let place = try Place(arguments)
    let layout = try? ControlGroup.Layout.current()
    let legacy = layout?.legacy.flatMap(\.controllers) ?? []
    let unified = layout?.unified?.controllers ?? []
    let groups = legacy.isEmpty ? (unified.isEmpty ? "none" : "v2") : "v1"
    let memory = UInt64(max(0, sysconf(CInt(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(CInt(_SC_PAGESIZE))))
    let rows: [(key: String, title: String, value: JSONValue)] = [
        ("version", "Version", .string(hullVersion)), ("ociVersion", "OCI runtime", .string(Spec.version)),
        ("root", "Store", .string(place.store.path)), ("rootOrigin", "Store from", .string("\(place.store.origin)")),
        ("containers", "Containers", .integer(Int64(StoreNames.containerIDs(place.store.path).count))),
        ("images", "Images", .integer(Int64(StoreNames.images(place.store.path).count))),
        ("isolation", "Isolation", .string(place.configuration.isolation.rawValue)),
        ("isolationOrigin", "Isolation from", .string("\(place.configuration.origin("isolation"))")),
        ("logDriver", "Log driver", .string(place.configuration.log.driver.rawValue)),
        ("rootless", "Rootless", .bool(place.host.isRootless)), ("cgroupVersion", "Control groups", .string(groups)),
        ("cgroupControllers", "Controllers", .array((legacy + unified).sorted().map(JSONValue.string))),
        ("kernel", "Kernel", .string("\(KernelVersion.running)")), ("hostname", "Host", .string(place.host.hostname)),
        ("processors", "Processors", .integer(Int64(place.surroundings.processors))),
        ("memory", "Memory", .integer(Int64(clamping: memory))),
    ]
    if asJSON {
        print(JSONValue.object(JSONObject(rows.map { .init(key: $0.key, value: $0.value) })).text(.pretty))
        return 0
    }
    for row in rows {
        let value =
            row.value.arrayValue.map { $0.compactMap(\.stringValue).joined(separator: " ") }
            ?? row.value.stringValue ?? row.value.text()
        print("\(row.title):\(String(repeating: " ", count: 16 - row.title.count))\(value)")
    }
    return 0
}
