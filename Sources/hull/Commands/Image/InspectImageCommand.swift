import CommandLineOptions
import JSON
import Launcher

let inspectImageCommand = Command(
    "image", "inspect",
    summary: "Tell all about images",
    operands: "IMAGE...",
    options: [
        Option("-f", "--format", value: "FORMAT", help: "print as json, one image a line"),
        imagePlatformOption,
    ]
) { arguments in
    let place = try ImagePlace(arguments)
    let lines = try arguments.wantsJSON()
    var values: [JSONValue] = []
    var failed = false
    for name in arguments.operands {
        do {
            values.append(try inspectImage(name, in: place.store, platform: try arguments.imagePlatform()))
        } catch {
            writeToStandardError("hull: \(error)\n")
            failed = true
        }
    }
    if lines {
        for value in values { print(value.text()) }
    } else {
        print(JSONValue.array(values).text(.pretty))
    }
    return failed ? 1 : 0
}

let unpackImageCommand = Command(
    "image", "unpack",
    summary: "Unpack the layers of an image, where that is not done yet",
    operands: "IMAGE", options: [imagePlatformOption]
) { arguments in
    try ImagePlace(arguments).program.unpack(arguments.operands[0], platform: try arguments.imagePlatform())
    return 0
}
