import CommandLineOptions
import Glibc
import Launcher
import OCISpec

let pullCommand = Command(
    "pull", aliases: [["image", "pull"]],
    summary: "Download an image from a registry",
    operands: "NAME[:TAG|@DIGEST]",
    options: [
        Option("-q", "--quiet", help: "print nothing but the image's name"),
        Option("--platform", value: "OS/ARCH", help: "the platform, where the image is for several"),
        Option("--insecure", help: "allow plain HTTP, and certificates that nobody vouches for"),
        Option("--cacert", value: "FILE", help: "trust the certificates in this PEM file too"),
    ]
) { arguments in
    let surroundings = try Surroundings.current()
    let configuration = try Configuration.load(chosen: arguments.global("--config"), surroundings)
    let store = try configuration.store(option: arguments.global("--root"), surroundings, uid: geteuid())
    let reference = try Reference(arguments.operands[0])
    var platform: Platform?
    if let text = arguments.value("--platform") {
        platform = Platform(text)
        if platform == nil { throw UsageError("invalid value '\(text)' for --platform: OS/ARCH, as linux/amd64") }
    }
    var puller = ImagePuller(root: store.path, configuration: configuration, isQuiet: arguments.has("--quiet"))
    puller.isInsecure = arguments.has("--insecure")
    puller.trustFile = arguments.value("--cacert")
    if !arguments.has("--quiet"), reference.digest == nil, !arguments.operands[0].hasSuffix(":latest"),
        reference.tag == "latest"
    {
        print("Using default tag: latest")
        fflush(nil)
    }
    try puller.pull(reference, platform: platform)
    return 0
}
