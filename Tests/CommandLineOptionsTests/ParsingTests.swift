import Testing

@testable import CommandLineOptions

private let table = CommandTable(
    program: "hull", summary: "Test.", globals: [Option("--root", value: "DIR", help: "root")],
    groups: ["image": "Images"],
    commands: [
        Command(
            "run", aliases: [["container", "run"]], summary: "Run", operands: "IMAGE [COMMAND] [ARG...]",
            stopsAtFirstOperand: true, failureStatus: 125,
            options: [
                Option("-i", "--interactive", help: "stdin"), Option("-t", "--tty", help: "terminal"),
                Option("--rm", help: "remove"), Option("--name", value: "NAME", help: "name"),
                Option("-e", "--env", value: "NAME=VALUE", repeats: true, help: "env"),
                Option("-h", "--hostname", value: "NAME", help: "host name"),
                Option("--net", "--network", value: "MODE", help: "network"),
            ], run: { _ in 0 }),
        Command(
            "image", "rm", aliases: [["rmi"]], summary: "Remove", operands: "IMAGE [IMAGE...]",
            options: [Option("-f", "--force", help: "force")], run: { _ in throw CommandFailure("", status: 9) }),
        Command("image", "prune", summary: "Prune", run: { _ in 0 }),
    ])

private func call(_ words: String...) throws -> Arguments {
    guard case .call(let arguments) = try table.understand(words) else { throw UsageError("text") }
    return arguments
}

private func failure(_ words: [String]) -> CommandTable.UnderstandingError? {
    do {
        _ = try table.understand(words)
        return nil
    } catch {
        return error
    }
}

struct ParsingTests {
    @Test func switchesMayBeWrittenTogether() throws {
        let arguments = try call("run", "-it", "box")
        #expect(arguments.has("--interactive") && arguments.has("--tty") && !arguments.has("--rm"))
        #expect(arguments.operands == ["box"])
    }

    @Test(arguments: [
        ["-e", "A=b"], ["-eA=b"], ["-e=A=b"], ["--env", "A=b"], ["--env=A=b"], ["-ite", "A=b"], ["-iteA=b"],
    ])
    func valuesMayBeWrittenInManyWays(_ words: [String]) throws {
        let arguments = try #require(try? table.understand(["run"] + words + ["box"]))
        guard case .call(let arguments) = arguments else { throw UsageError("text") }
        #expect(arguments.values("--env") == ["A=b"])
        #expect(arguments.operands == ["box"])
    }

    @Test func theLastOfTwoValuesCountsAndRepeatedOnesAreKept() throws {
        let arguments = try call("run", "--name", "a", "--name=b", "-e", "A=1", "-e", "B=2", "box")
        #expect(arguments.value("--name") == "b")
        #expect(arguments.values("--env") == ["A=1", "B=2"])
    }

    @Test func switchesMayBeTurnedOff() throws {
        #expect(try !call("run", "--rm", "--rm=false", "box").has("--rm"))
        #expect(try call("run", "--rm=1", "box").has("--rm"))
        #expect(try call("run", "-t=false", "box").value("--tty") == "false")
    }

    @Test func whatFollowsTheImageIsNotParsed() throws {
        #expect(try call("run", "box", "sh", "-c", "--rm", "--").operands == ["box", "sh", "-c", "--rm", "--"])
        #expect(try call("run", "--", "-box", "--rm").operands == ["-box", "--rm"])
    }

    @Test func elsewhereOptionsMayFollowOperands() throws {
        let arguments = try call("rmi", "a", "-f", "-", "--", "-x")
        #expect(arguments.has("--force"))
        #expect(arguments.operands == ["a", "-", "-x"])
    }

    @Test func valuesMayBeEmptyOrStartWithDashes() throws {
        #expect(try call("run", "--name=", "box").value("--name")?.isEmpty == true)
        #expect(try call("run", "--name", "--rm", "box").value("--name") == "--rm")
        #expect(try call("run", "-h", "host", "box").value("--hostname") == "host")
    }

    @Test func otherSpellingsAreTheSameOption() throws {
        #expect(try call("run", "--net=host", "box").value("--network") == "host")
        #expect(try call("container", "run", "box").command.name == "run")
        #expect(try call("rmi", "box").command.name == "image rm")
    }

    @Test func globalOptionsStandBeforeTheCommand() throws {
        #expect(try call("--root", "/x", "run", "box").global("--root") == "/x")
        #expect(failure(["run", "--root=/x", "box"])?.status == 125)
    }

    @Test(arguments: [
        (["run", "--foo", "box"], Int32(125), "unknown flag: --foo"),
        (["run", "-itx", "box"], 125, "unknown shorthand flag: 'x' in -itx"),
        (["run", "--nam=x", "box"], 125, "unknown flag: --nam"),
        (["run", "--name"], 125, "flag needs an argument: --name"),
        (["run", "-e"], 125, "flag needs an argument: -e"),
        (["run", "--rm=maybe", "box"], 125, "invalid value 'maybe' for --rm"),
        (["run"], 125, "'run' takes IMAGE [COMMAND] [ARG...]"), (["rmi"], 1, "'image rm' takes IMAGE [IMAGE...]"),
        (["image", "prune", "x"], 1, "'image prune' takes no operands"),
        (["image", "frob"], 1, "'image frob' is no command"), (["frob"], 1, "'frob' is no command"),
        (["--frob", "run"], 125, "unknown flag: --frob"), (["--root"], 125, "flag needs an argument: --root"),
        (["run", "--=x", "box"], 125, "unknown flag: --"), (["run", "-é", "box"], 125, "unknown shorthand flag: 'é'"),
    ])
    func mistakesAreNamed(_ words: [String], _ status: Int32, _ text: String) throws {
        let mistake = try #require(failure(words))
        #expect(mistake.status == status)
        #expect(mistake.description.hasPrefix(text))
        #expect(!mistake.description.contains("\n"))
    }

    @Test(arguments: [[], ["--help"], ["-h"], ["image"], ["image", "--help"], ["run", "--help"], ["rmi", "-h"]])
    func helpIsGivenWhereItIsAskedFor(_ words: [String]) throws {
        guard case .text(let text) = try table.understand(words) else {
            Issue.record("no help")
            return
        }
        #expect(text.hasPrefix("Usage:  hull"))
    }

    @Test func theStatusOfACommandIsTheProgramsStatus() {
        #expect(table.dispatch(["run", "box"]) == 0)
        #expect(table.dispatch(["rmi", "box"]) == 9)
    }
}
