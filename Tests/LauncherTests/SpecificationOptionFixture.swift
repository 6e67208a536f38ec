import CommandLineOptions
import Testing

@testable import Launcher

/// Parses words as `run` does.
func runOptions(
    _ words: [String], environment: [String: String] = [:], defaults: RunOptions = RunOptions(image: "")
) throws -> RunOptions {
    let parsed = Box()
    let command = Command(
        "run", summary: "", operands: "IMAGE [COMMAND] [ARG...]", stopsAtFirstOperand: true, failureStatus: 125,
        options: RunOptions.table
    ) { arguments in
        parsed.arguments = arguments
        return 0
    }
    let table = CommandTable(program: "hull", summary: "", globals: [], groups: [:], commands: [command])
    #expect(table.dispatch(["run"] + words) == 0)
    let surroundings = Surroundings(environment: environment, workingDirectory: "/here/now", processors: 4)
    return try RunOptions(try #require(parsed.arguments), basedOn: defaults, surroundings)
}

/// Only used from the one thread of a test.
private final class Box: @unchecked Sendable {
    var arguments: Arguments?
}

/// The one line that options are refused with, or nil where they are taken.
func refusal(_ words: [String]) -> String? {
    do {
        _ = try runOptions(words)
        return nil
    } catch {
        return "\(error)"
    }
}
