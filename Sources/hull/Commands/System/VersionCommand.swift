import CommandLineOptions
import JSON
import OCISpec

/// The version of Hull.
let hullVersion = "0.1.0"

let versionCommand = Command(
    "version",
    summary: "Print the version of Hull",
    options: [
        Option("--short", help: "print one line"),
        Option("-f", "--format", value: "FORMAT", help: "print as json"),
    ]
) { arguments in
    if arguments.has("--short") {
        print("hull version \(hullVersion)")
        return 0
    }
    if try asksForJSON(arguments) {
        let value: JSONValue = [
            "version": .string(hullVersion), "ociVersion": .string(Spec.version), "os": "linux", "arch": "amd64",
        ]
        print(value.text(.compact))
        return 0
    }
    print("Version:      \(hullVersion)")
    print("OCI runtime:  \(Spec.version)")
    print("OS/Arch:      linux/amd64")
    return 0
}
