import CommandLineOptions
import Glibc
import ImageArchive
import ImageStore
import JSON
import LinuxSystem
import OCISpec

private let platformOption = Option("--platform", value: "OS/ARCH", help: "the platform, where there are several")

/// What `hull` calls this program for.
let imageCommandTable = CommandTable(
    program: "hull-image",
    summary: "Reads and writes archives of images; hull calls it.",
    globals: [
        Option("--store", value: "DIR", help: "where images are kept"),
        Option("--events", value: "FD", help: "the descriptor to which events are written, as JSON lines"),
        Option("--devices", value: "POLICY", help: "device nodes of layers: standard, all or skip"),
    ],
    groups: [:],
    commands: [
        Command(
            "load", summary: "Load images from an archive or an OCI layout",
            options: [
                Option("-i", "--input", value: "PATH", help: "a file or directory instead of standard input"),
                platformOption,
            ]
        ) { arguments in
            try reporting(arguments) { store, options, events in
                let loader = ImageLoader(store, options) { events.report($0) }
                try loader.load(arguments.value("--input"), platform: try platform(arguments))
            }
        },
        Command("unpack", summary: "Unpack an image's layers", operands: "IMAGE", options: [platformOption]) {
            arguments in
            try reporting(arguments) { store, options, events in
                let hold = try store.hold()
                let image = try store.resolve(arguments.operands[0], platform: try platform(arguments))
                try unpackImage(image, in: store, options) { events.report($0) }
                _ = consume hold
            }
        },
        Command(
            "save", summary: "Save images into an archive", operands: "IMAGE...",
            options: [
                Option("-o", "--output", value: "FILE", help: "a file instead of standard output"), platformOption,
            ]
        ) { arguments in
            try reporting(arguments) { store, _, _ in
                try ImageSaver(store).save(
                    arguments.operands, to: arguments.value("--output"), platform: try platform(arguments))
            }
        },
        Command(
            "import", summary: "Make an image from a root file system's archive", operands: "FILE|- [REFERENCE]",
            options: [
                Option(
                    "-c", "--change", value: "INSTRUCTION", repeats: true, help: "how it is run, as in a Dockerfile"),
                Option("-m", "--message", value: "TEXT", help: "a note for the image's history"),
                platformOption,
            ]
        ) { arguments in
            try reporting(arguments) { store, options, events in
                var execution = ImageConfiguration.Execution()
                for change in arguments.values("--change") { try execution.apply(change) }
                let file = arguments.operands[0]
                let reference = try arguments.operands.count > 1 ? Reference(arguments.operands[1]) : nil
                _ = try ImageLoader(store, options) { events.report($0) }.importRootFilesystem(
                    file == "-" ? nil : file, as: reference, execution: execution,
                    message: arguments.value("--message"), platform: try platform(arguments) ?? .host)
            }
        },
        Command(
            "disk", summary: "Make the read-only disk that a micro-VM has of unpacked layers", operands: "[DIFFID...]"
        ) { arguments in
            try reporting(arguments) { store, _, events in
                let layers = try arguments.operands.map { text in
                    guard let digest = Digest(text) else { throw UsageError("invalid digest '\(text)' of a layer") }
                    return digest
                }
                events.tell(path: try makeImageDisk(layers, in: store, .current()))
            }
        },
        Command("agent-disk", summary: "Make the disk that a guest starts from", operands: "AGENT") { arguments in
            try reporting(arguments) { store, _, events in
                events.tell(path: try makeAgentDisk(arguments.operands[0], in: store))
            }
        },
        Command("archive", summary: "Write what is open as descriptor 4 as a tar archive", operands: "NAME") {
            arguments in
            try reporting(arguments) { _, _, _ in
                try archiveTree(OwnedDescriptor(owning: 4), as: arguments.operands[0], to: STDOUT_FILENO)
            }
        },
        Command("extract", summary: "Unpack a tar archive into the directory that is open as descriptor 4") {
            arguments in
            try reporting(arguments) { _, _, _ in
                try extractArchive(
                    OwnedDescriptor(owning: STDIN_FILENO), into: OwnedDescriptor(owning: 4),
                    squashOwners: geteuid() != 0)
            }
        },
        Command("sweep", summary: "Remove what has temporary names and what nothing refers to") { arguments in
            try reporting(arguments) { store, _, _ in _ = try store.collect() }
        },
    ])

private func platform(_ arguments: Arguments) throws -> Platform? {
    guard let text = arguments.value("--platform") else { return nil }
    guard let platform = Platform(text) else {
        throw UsageError("invalid platform '\(text)': it should be OS/ARCH, as linux/amd64")
    }
    return platform
}

/// Runs a command, and gives its error to the caller as an event where there is one.
private func reporting(
    _ arguments: Arguments, _ body: (ImageStore, UnpackOptions, EventWriter) throws -> Void
) throws -> Int32 {
    let descriptor = arguments.global("--events").flatMap { Int32($0) }
    let events = EventWriter(descriptor: descriptor)
    do {
        guard let root = arguments.global("--store") else { throw UsageError("--store is missing") }
        var options = Privilege.current().unpackOptions
        switch arguments.global("--devices") {
        case nil: break
        case "standard": options.devices = .standard
        case "all": options.devices = .all
        case "skip": options.devices = .skip
        case .some(let policy):
            throw UsageError("invalid value '\(policy)' for --devices: standard, all and skip are known")
        }
        try body(try ImageStore(root: root), options, events)
        return 0
    } catch {
        guard descriptor != nil else { throw error }
        events.write(["event": "error", "message": .string("\(error)")])
        return 1
    }
}
