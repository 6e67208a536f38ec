import CommandLineOptions
import Launcher

let imagesCommand = Command(
    "images", aliases: [["image", "ls"], ["image", "list"]],
    summary: "List images",
    operands: "[REPOSITORY[:TAG]]",
    options: [
        Option("-a", "--all", help: "list all images; those without a name are listed in any case"),
        Option("--digests", help: "show digests"),
        Option("-f", "--filter", value: "FILTER", repeats: true, help: "dangling=true|false, reference=NAME"),
        imageFormatOption,
        Option("--no-trunc", help: "do not shorten ids"),
        Option("-q", "--quiet", help: "print ids only"),
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let json = try arguments.wantsJSON()
    var filter = ImageFilter()
    filter.name = arguments.operands.first
    for text in arguments.values("--filter") {
        switch text {
        case "dangling=true", "dangling=1": filter.isDangling = true
        case "dangling=false", "dangling=0": filter.isDangling = false
        case _ where text.hasPrefix("reference="): filter.name = String(text.dropFirst("reference=".count))
        default: throw UsageError("invalid filter '\(text)': dangling=true|false and reference=NAME are known")
        }
    }
    let images = try ImageLine.list(place.store, filter)
    let whole = arguments.has("--no-trunc")
    if arguments.has("--quiet") {
        var seen: Set<String> = []
        for image in images {
            let id = whole ? image.id.description : image.id.short
            if seen.insert(id).inserted { print(id) }
        }
        return 0
    }
    if json {
        for image in images { print(image.json.text()) }
        return 0
    }
    let digests = arguments.has("--digests")
    var table = TextTable(["REPOSITORY", "TAG"] + (digests ? ["DIGEST"] : []) + ["IMAGE ID", "CREATED", "SIZE"])
    for image in images {
        table.add(
            [image.repository, image.tag] + (digests ? [image.digest.description] : []) + [
                whole ? image.id.description : image.id.short, image.age, image.readableSize,
            ])
    }
    table.print()
    return 0
}
