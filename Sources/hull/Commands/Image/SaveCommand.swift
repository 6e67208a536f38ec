import CommandLineOptions
import Glibc
import Launcher

let saveCommand = Command(
    "save", aliases: [["image", "save"]],
    summary: "Save images into an archive",
    operands: "IMAGE...",
    options: [
        Option("-o", "--output", value: "FILE", help: "write a file instead of standard output"),
        imagePlatformOption,
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let output = arguments.value("--output").flatMap { $0 == "-" ? nil : $0 }
    if output == nil, isatty(STDOUT_FILENO) == 1 {
        throw UsageError("standard output is a terminal: use --output, or redirect it")
    }
    try place.program.save(arguments.operands, to: output, platform: try arguments.imagePlatform())
    return 0
}
