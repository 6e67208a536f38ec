import CommandLineOptions
import Glibc
import JSON
import Launcher

let doctorCommand = Command(
    "doctor", aliases: [["system", "doctor"]], summary: "Tell what this host can and cannot do, why, and the mend",
    options: [Option("-f", "--format", value: "FORMAT", help: "print as json")]
) { arguments in
    let asJSON = try asksForJSON(arguments)
    let place = try Place(arguments)
    let findings = Diagnosis(
        host: place.host, configuration: place.configuration, store: place.store.path,
        environment: place.surroundings.environment
    ).findings()
    if asJSON {
        print(JSONValue.array(findings.map(\.json)).text(.pretty))
    } else {
        for finding in findings { print(finding.text, terminator: "") }
    }
    // Scripts can ask whether containers can run at all.
    return findings.contains { $0.state == .missing } ? 1 : 0
}

/// Reads `--format`, which only knows json.
func asksForJSON(_ arguments: Arguments) throws -> Bool {
    guard let format = arguments.value("--format") else { return false }
    guard format == "json" else { throw UsageError("invalid value '\(format)' for --format: json is known") }
    return true
}
