import CommandLineOptions
import Glibc
import JSON
import Launcher

let pruneImagesCommand = Command(
    "image", "prune",
    summary: "Remove images that have no name and no container",
    options: [
        Option("-a", "--all", help: "remove those with names too, where no container uses them"),
        Option("-f", "--force", help: "do not ask"),
        imageFormatOption,
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let json = try arguments.wantsJSON()
    if !arguments.has("--force") {
        let which = arguments.has("--all") ? "all images without at least one container" : "all images without a name"
        print("WARNING! This will remove \(which).\nAre you sure you want to continue? [y/N] ", terminator: "")
        fflush(nil)
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { return 0 }
    }
    let removal = try place.store.prune(all: arguments.has("--all"))
    try place.finish(removal.collection)
    if json {
        print(removal.json.text())
        return 0
    }
    if !removal.untagged.isEmpty || !removal.deleted.isEmpty {
        print("Deleted Images:")
        for reference in removal.untagged { print("untagged: \(reference.familiarText)") }
        for digest in removal.deleted { print("deleted: \(digest)") }
        print("")
    }
    print("Total reclaimed space: \(HumanUnits.decimal(UInt64(max(0, removal.collection.bytes))))")
    return 0
}
