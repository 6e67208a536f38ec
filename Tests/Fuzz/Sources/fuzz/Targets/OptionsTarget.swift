import JSON

@testable import CommandLineOptions
@testable import Launcher

/// A command line of `hull run`, its words with zero bytes between, and the small languages of options' values.
let optionsTarget = FuzzTarget(name: "options") { bytes in
    let words = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    let command = Command(
        "run", summary: "", operands: "IMAGE [COMMAND] [ARG...]", stopsAtFirstOperand: true, failureStatus: 125,
        options: RunOptions.table
    ) { arguments in
        // Files that a mutation names are not ours to open.
        if arguments.value("--env-file") != nil || arguments.value("--label-file") != nil { return 0 }
        let surroundings = Surroundings(environment: ["HOME": "/root"], workingDirectory: "/here", processors: 4)
        _ = try? RunOptions(arguments, basedOn: RunOptions(image: ""), surroundings)
        return 0
    }
    let table = CommandTable(program: "hull", summary: "", globals: [], groups: [:], commands: [command])
    if let meaning = try? table.understand(["run"] + words), case .call(let arguments) = meaning {
        _ = try? arguments.command.run(arguments)
    }
    for word in words {
        _ = try? Template(word).text(["A": ["B": 1]])
        _ = try? EventFilter([word])
        _ = try? RunOptions.keys(word)
    }
}
