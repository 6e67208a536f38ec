import CommandLineOptions
import JSON
import Launcher
import OCISpec

let importCommand = Command(
    "import", aliases: [["image", "import"]],
    summary: "Make an image from a root file system's archive",
    operands: "FILE|- [REPOSITORY[:TAG]]",
    options: [
        Option(
            "-c", "--change", value: "INSTRUCTION", repeats: true,
            help:
                "how it is run, as in a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR"
        ),
        Option("-m", "--message", value: "TEXT", help: "a note for the image's history"),
        imagePlatformOption, imageFormatOption,
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let json = try arguments.wantsJSON()
    let name = arguments.operands.count > 1 ? arguments.operands[1] : nil
    if let name, try Reference(name).digest != nil {
        throw UsageError("an image that is imported cannot be named by a digest: \(name)")
    }
    let image = try place.program.importArchive(
        arguments.operands[0], as: name, changes: arguments.values("--change"),
        message: arguments.value("--message"), platform: try arguments.imagePlatform())
    if json {
        let value: JSONValue = [
            "ID": .string(image.id.description), "References": .texts(image.references.map(\.familiarText)),
        ]
        print(value.text())
    } else {
        print(image.id)
    }
    return 0
}
