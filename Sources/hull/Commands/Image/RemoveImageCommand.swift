import CommandLineOptions
import ImageStore
import JSON
import Launcher

let removeImageCommand = Command(
    "rmi", aliases: [["image", "rm"], ["image", "remove"]],
    summary: "Remove images",
    operands: "IMAGE...",
    options: [
        Option("-f", "--force", help: "remove images with several names, or that stopped containers use"),
        imageFormatOption,
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let json = try arguments.wantsJSON()
    var failed = false
    for name in arguments.operands {
        do throws(StoreError) {
            let removal = try place.store.remove(name, force: arguments.has("--force"))
            if json {
                print(removal.json.text())
            } else {
                for reference in removal.untagged { print("Untagged: \(reference.familiarText)") }
                for digest in removal.deleted { print("Deleted: \(digest)") }
            }
            do { try place.finish(removal.collection) } catch {
                writeToStandardError("hull: \(error)\n")
                failed = true
            }
        } catch {
            writeToStandardError("hull: \(error)\n")
            failed = true
        }
    }
    return failed ? 1 : 0
}

extension Removal {
    /// For `--format json`.
    var json: JSONValue {
        [
            "Untagged": .texts(untagged.map(\.familiarText)), "Deleted": .texts(deleted),
            "SpaceReclaimed": .integer(collection.bytes),
        ]
    }
}
