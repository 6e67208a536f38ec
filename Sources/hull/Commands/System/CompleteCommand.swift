import CommandLineOptions
import Glibc
import Launcher

/// What the shells' completions ask for names. It says nothing where something is wrong: nobody could read it.
let completeCommand = Command(
    "__complete", summary: "Print names for completions", operands: "images|containers", hidden: true
) { arguments in
    guard let surroundings = try? Surroundings.current(),
        let configuration = try? Configuration.load(chosen: arguments.global("--config"), surroundings),
        let store = try? configuration.store(option: arguments.global("--root"), surroundings, uid: geteuid())
    else { return 1 }
    let names =
        arguments.operands[0] == "images"
        ? StoreNames.images(store.path) : StoreNames.containers(store.path)
    for name in names { print(name) }
    return 0
}
