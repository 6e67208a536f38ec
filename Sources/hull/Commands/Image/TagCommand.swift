import CommandLineOptions
import Launcher
import OCISpec

let tagCommand = Command(
    "tag", aliases: [["image", "tag"]],
    summary: "Give an image a further name",
    operands: "SOURCE[:TAG] TARGET[:TAG]"
) { arguments in
    let place = try ImagePlace(arguments)
    let target = try Reference(arguments.operands[1])
    if target.digest != nil { throw UsageError("a name cannot have a digest: \(arguments.operands[1])") }
    try place.store.tag(arguments.operands[0], as: target)
    return 0
}
