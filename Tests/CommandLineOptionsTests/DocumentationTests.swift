import Testing

@testable import CommandLineOptions

private let table = CommandTable(
    program: "hull", summary: "Runs - and tests.", globals: [Option("--root", value: "DIR", help: "root")],
    groups: ["image": "Images"],
    commands: [
        Command(
            "run", aliases: [["container", "run"]], summary: "Run it's image", operands: "IMAGE [ARG...]",
            options: [
                Option("-e", "--env", value: "NAME=VALUE", help: ".starts with a dot"),
                Option("--rm", help: "remove\\it"),
            ], run: { _ in 0 }),
        Command("image", "ls", summary: "List", run: { _ in 0 }),
        Command("__complete", summary: "Secret", hidden: true, run: { _ in 0 }),
    ])

struct DocumentationTests {
    @Test func theHelpListsCommandsGroupsAndOptions() {
        let help = table.help()
        #expect(help.contains("  run   Run it's image\n") && help.contains("  image   Images\n"))
        #expect(help.contains("--root DIR") && !help.contains("__complete"))
    }

    @Test func theHelpOfACommandHasItsAliasesAndOptions() throws {
        let help = table.help(for: table.commands[0])
        #expect(help.hasPrefix("Usage:  hull run [OPTIONS] IMAGE [ARG...]\n\nRun it's image\n"))
        #expect(help.contains("hull run, hull container run"))
        #expect(help.contains("  -e, --env NAME=VALUE   .starts with a dot\n"))
        #expect(help.contains("      --rm               remove\\it\n"))
    }

    @Test func theManualPageEscapesWhatRoffWouldObey() {
        let page = table.manualPage(version: "1")
        #expect(page.hasPrefix(".TH HULL 1"))
        #expect(page.contains("\\fB\\-e\\fR, \\fB\\-\\-env\\fR \\fINAME=VALUE\\fR\n\\&.starts with a dot.\n"))
        #expect(page.contains("Remove\\eit.\n") && !page.contains("Secret"))
    }

    @Test(arguments: Shell.allCases)
    func completionsKnowEveryCommandAndOption(_ shell: Shell) {
        let script = table.completions(shell)
        // fish learns what stands in a group word by word.
        for word in shell == .fish ? ["run", "container run", "image"] : ["run", "container run", "image ls"] {
            #expect(script.contains("'\(word)'"))
        }
        #expect(script.contains(shell == .fish ? "hull __complete images" : "hull __complete $kind"))
        #expect(script.contains(shell == .fish ? "-s e -l env -r -F" : "--env"))
        #expect(!script.contains("Secret"))
        // A quote in a text must not end the shell's string.
        if shell != .bash { #expect(script.contains("it'\\''s image'")) }
    }

    @Test func operandsAreCountedAsTheyAreDescribed() {
        func count(_ operands: String) -> (Int, Int?) {
            Command("x", summary: "", operands: operands, run: { _ in 0 }).operandCount
        }
        #expect(count("") == (0, 0))
        #expect(count("A [B]") == (1, 2))
        #expect(count("IMAGE [COMMAND] [ARG...]") == (1, nil))
        #expect(count("CONTAINER [CONTAINER...]") == (1, nil))
    }
}
