import Glibc
import LinuxSystem
import Testing

/// What is seen of a workload is the same behind both walls.
@Suite(.serialized) struct ParityTests {
    @Test(arguments: ParityCase.groups) func aContainerShowsWhatDockerDocuments(_ group: ParityCase.Group) throws {
        try check(group, in: "container")
    }

    @Test(.enabled(if: Guest.isAvailable), arguments: ParityCase.groups)
    func aMicroVMShowsWhatDockerDocuments(_ group: ParityCase.Group) throws {
        try check(group, in: "vm")
    }

    @Test(.enabled(if: Guest.isAvailable), arguments: ParityCase.groups)
    func aMicroVMThatIsBootedShowsTheSame(_ group: ParityCase.Group) throws {
        try check(group, in: "vm", option: "--cold")
    }

    @Test func thePageListsAllCasesAndDifferences() throws {
        let path = "docs/parity.md"
        let generated = ParityPage.text
        if Environment.variable("HULL_WRITE_PARITY") != nil {
            let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try WholeFile.write(Array(generated.utf8), to: file.number, path)
        }
        let isCurrent = HostSnapshot.text(path) == generated
        #expect(isCurrent, "renew \(path): HULL_WRITE_PARITY=1 swift test --filter ParityTests.thePage")
    }

    @Test(.enabled(if: Guest.isAvailable), arguments: ["container", "vm"])
    func differencesAreThoseOfThePage(_ isolation: String) throws {
        let cases = ParityDifference.all.compactMap { difference in
            difference.shown.map { shown in
                ParityCase(
                    difference.name, shown.script, isolation == "vm" ? shown.machine : shown.container)
            }
        }
        try check(ParityCase.Group(title: "Differences", cases: cases), in: isolation)
    }

    /// Runs the cases of a group one after another in one Hull.
    ///
    /// - Parameter option: of every `run` and `create`.
    private func check(_ group: ParityCase.Group, in isolation: String, option: String? = nil) throws {
        func run(_ hull: Hull) throws {
            try hull.expect("import", "-c", "CMD [\"echo\", \"image command\"]", TestImages.busybox, "busybox")
            hull.environment["ISOLATION"] = isolation
            if let option {
                hull.environment["HULL_COMMAND"] = try hull.file(
                    "hull-with-option", Self.wrapper(hull, option), mode: 0o755)
            }
            // The first machine makes what all need, and may tell of it.
            try hull.expect("run", "--rm", "--isolation=\(isolation)", "busybox", "true")
            for parity in group.cases {
                mkdir(hull.directory + "/work", 0o755)
                let outcome = try hull.script(ParityCase.prelude + parity.script)
                #expect(outcome.output == parity.expected, "\(isolation), \(parity.name): \(outcome)")
                let left = try hull.expect("ps", "-aq")
                #expect(left.isEmpty, "\(isolation), \(parity.name) left a container")
                for id in left.split(separator: "\n") { try hull.expect("rm", "-f", String(id)) }
                Environment.removeTree(hull.directory + "/work")
            }
        }
        if isolation == "vm" {
            try withMachines(busybox: false, run)
        } else {
            try withHull(busybox: false, run)
        }
    }

    /// A program that is hull with one option more.
    private static func wrapper(_ hull: Hull, _ option: String) -> String {
        """
        #!/bin/sh
        case $1 in
        run | create) command=$1; shift; exec \(hull.program[0]) "$command" \(option) "$@" ;;
        *) exec \(hull.program[0]) "$@" ;;
        esac
        """
    }
}
