import CommandLineOptions
import Glibc
import ImageStore
import JSON
import Launcher
import OCISpec

/// What the commands of images work with.
struct ImagePlace {
    let store: ImageStore
    let program: ImageProgram

    init(_ arguments: Arguments) throws {
        let surroundings = try Surroundings.current()
        let configuration = try Configuration.load(chosen: arguments.global("--config"), surroundings)
        let root = try configuration.store(option: arguments.global("--root"), surroundings, uid: geteuid()).path
        store = try ImageStore(root: root)
        program = ImageProgram(root: root, configuration: configuration)
    }

    /// Removes layers that belong to other ids of the user's range, which a removal had to leave.
    func finish(_ collection: Collection) throws {
        if !collection.left.isEmpty { try program.sweep() }
    }
}

let imagePlatformOption = Option("--platform", value: "OS/ARCH", help: "the platform, where the image is for several")
let imageFormatOption = Option("--format", value: "FORMAT", help: "print as json, or as table")

extension Arguments {
    /// The value of `--platform`.
    func imagePlatform() throws -> Platform? {
        guard let text = value("--platform") else { return nil }
        guard let platform = Platform(text) else {
            throw UsageError("invalid value '\(text)' for --platform: OS/ARCH, as linux/amd64")
        }
        return platform
    }

    /// Whether `--format json` was given.
    func wantsJSON() throws -> Bool {
        switch value("--format") {
        case nil, "table": return false
        case "json", "{{json .}}": return true
        case .some(let format):
            throw UsageError("invalid value '\(format)' for --format: json and table are known")
        }
    }
}

extension JSONValue {
    /// A list of texts.
    static func texts(_ values: [some CustomStringConvertible]) -> JSONValue {
        .array(values.map { .string($0.description) })
    }
}
