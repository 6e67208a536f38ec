import CommandLineOptions
import Glibc
import Launcher

let pruneContainersCommand = Command(
    "container", "prune",
    summary: "Remove all containers that do not run",
    options: [
        Option("-f", "--force", help: "do not ask"),
        Option("--filter", value: "KEY=VALUE", repeats: true, help: "only with label, name, ancestor, before or since"),
    ]
) { arguments in
    let store = try ContainerPlace(arguments).store
    let filter = try ContainerFilter(arguments.values("--filter"), store)
    if !arguments.has("--force"), isatty(STDIN_FILENO) == 1 {
        print("This removes all containers that do not run. Go on? [y/N] ", terminator: "")
        fflush(nil)
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { return 1 }
    }
    var failed = false
    let result = try store.prune(filter) { error in
        complain(error)
        failed = true
    }
    if !result.removed.isEmpty {
        print("Deleted Containers:")
        for id in result.removed { print(id) }
        print("")
    }
    print("Total reclaimed space: \(HumanUnits.decimal(UInt64(result.bytes)))")
    return failed ? 1 : 0
}
