import CommandLineOptions
import Glibc
import JSON
import Launcher

let loadCommand = Command(
    "load", aliases: [["image", "load"]],
    summary: "Load images from an archive or an OCI layout",
    options: [
        Option("-i", "--input", value: "PATH", help: "read a file or a directory instead of standard input"),
        Option("-q", "--quiet", help: "print nothing but errors"),
        imagePlatformOption, imageFormatOption,
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let json = try arguments.wantsJSON()
    let input = arguments.value("--input").flatMap { $0 == "-" ? nil : $0 }
    if input == nil, isatty(STDIN_FILENO) == 1 {
        throw UsageError("standard input is a terminal: use --input, or redirect an archive into it")
    }
    for image in try place.program.load(input, platform: try arguments.imagePlatform()) {
        if json {
            print(
                JSONValue.object(
                    JSONObject([
                        .init(key: "ID", value: .string(image.id.description)),
                        .init(key: "References", value: .texts(image.references.map(\.familiarText))),
                    ])
                ).text())
        } else if !arguments.has("--quiet") {
            for reference in image.references { print("Loaded image: \(reference.familiarText)") }
            if image.references.isEmpty { print("Loaded image ID: \(image.id)") }
        }
    }
    return 0
}
