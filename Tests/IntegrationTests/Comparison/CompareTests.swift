import Glibc
import JSON
import Testing

/// `hull compare`, with containers that differ by their options: what it runs, tells and leaves.
@Suite struct CompareTests {
    private static let sides = ["--isolation=container", "--side", "loose=--security-opt seccomp=unconfined"]

    private func compare(_ hull: Hull, _ arguments: String...) throws -> Outcome {
        try hull.start(["compare"] + Self.sides + arguments).finish(seconds: 120)
    }

    /// The result of a comparison as JSON.
    private func result(_ hull: Hull, _ arguments: String...) throws -> JSONValue {
        let outcome = try hull.start(["compare", "--output=json"] + Self.sides + arguments).finish(seconds: 120)
        try #require(outcome.status == 0, "\(outcome)")
        return try outcome.json()
    }

    private func runs(_ result: JSONValue) -> [JSONValue] {
        result["workloads"]?.arrayValue?.first?["runs"]?.arrayValue ?? []
    }

    /// The lines of a table, which end as RFC 4180 has it.
    private func rows(_ outcome: Outcome) -> [Substring] { outcome.output.split { $0.isNewline } }

    @Test func everySideRunsOnceARound() throws {
        try withHull { hull in
            let runs = runs(try result(hull, "--runs=6", "busybox", "echo", "hi"))
            #expect(runs.count == 12)
            for round in 1...6 {
                let names = runs.filter { $0["round"] == .integer(Int64(round)) }.compactMap { $0["side"]?.stringValue }
                #expect(names.sorted() == ["container", "loose"])
            }
            #expect(runs.allSatisfy { $0["output"]?["start"] == "hi\n" && $0["exitCode"] == 0 })
        }
    }

    @Test func momentsOfARunComeInOrder() throws {
        try withHull { hull in
            for run in runs(try result(hull, "--runs=2", "busybox", "sh", "-c", "echo a; sleep 0.05")) {
                // The command ends before what is left of its container is removed, or while it is.
                let names = (run["marks"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
                #expect(names.prefix(6) == ["image", "prepared", "created", "started", "firstByte", "exited"])
                #expect(names.dropFirst(6).sorted() == ["cleaned", "ended"])
            }
        }
    }

    @Test func processorTimeOfAllThatRanIsCounted() throws {
        try withHull { hull in
            let loop = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
            for run in runs(try result(hull, "--runs=2", "busybox", "sh", "-c", loop)) {
                // A loop needs some of it on any machine; hull itself, without it, a tenth of this.
                let time = try #require(run["measurements"]?["cpu"]?.double)
                #expect(time > 50_000_000)
            }
        }
    }

    @Test func aDifferentOutputFailsAndComesFirst() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "compare", "--isolation=container", "--side", "other=--env WHO=other", "--runs=2", "busybox", "sh",
                "-c",
                "echo ${WHO:-base}")
            #expect(outcome.status == 1)
            #expect(
                outcome.lines.first?.contains("other differs in standard output (round 1): 'other\\n', not 'base\\n'")
                    == true, "\(outcome)")
        }
    }

    @Test func aWorkloadThatFailsOnOneSideIsADifference() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "compare", "--isolation=container", "--side", "fixed=--read-only", "--runs=2", "busybox", "touch",
                "/file")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("fixed differs in exit status (round 1): 1, not 0"), "\(outcome)")
        }
    }

    @Test func aSideThatCannotStartEndsTheComparisonWithItsReason() throws {
        try withHull { hull in
            try hull.expectFailure(
                "compare", "--isolation=container", "--side", "broken=--user nobody-here", "busybox", "true",
                status: 125,
                says: "broken cannot run it: ")
            try hull.expectFailure("compare", "busybox", "--isolation=container", "busybox", status: 125, says: "")
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
        }
    }

    @Test func wrongOptionsAreOneLine() throws {
        try withHull(busybox: false) { hull in
            try hull.expectFailure("compare", "--isolation=container", "x", status: 125, says: "only one side")
            try hull.expectFailure("compare", "--isolation=box", "x", status: 125, says: "container")
            try hull.expectFailure("compare", "--against=rkt", "x", status: 125, says: "crun, runc, podman")
            try hull.expectFailure("compare", "--runs=0", "x", status: 125, says: "--runs")
            try hull.expectFailure("compare", "--warmup=0", "x", status: 125, says: "--warmup")
            try hull.expectFailure("compare", "--fail-if=vm.wall", "x", status: 125, says: "has no comparison")
            try hull.expectFailure("compare", "--fail-if=a.wall > 1ms", "x", status: 125, says: "no side 'a'")
            try hull.expectFailure("compare", "--output=x.pdf", "x", status: 125, says: "markdown")
            try hull.expectFailure("compare", status: 125, says: "IMAGE")
            try hull.expectFailure("compare", "--suite=/nothing.yaml", status: 125, says: "/nothing.yaml")
            try hull.expectFailure("compare", "report", "/nothing.json", status: 125, says: "/nothing.json")
        }
    }

    @Test func aConditionThatHoldsFailsWith3() throws {
        try withHull { hull in
            let outcome = try compare(hull, "--runs=2", "--fail-if=loose.wall > 1ns", "busybox", "true")
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("--fail-if holds for busybox true: loose.wall > 1ns"), "\(outcome)")
            #expect(try compare(hull, "--runs=2", "--fail-if=loose.wall > 60s", "busybox", "true").status == 0)
        }
    }

    @Test func anInterruptedComparisonReportsWhatItHasAndLeavesNothing() throws {
        try withHull { hull in
            let file = hull.directory + "/result.json"
            // The command ignores what asks it to end, so it is removed by force.
            let child = try hull.start(
                ["compare", "--output=\(file)"] + Self.sides
                    + [
                        "--runs=1000", "-v", "\(hull.directory):/seen", "busybox", "sh", "-c",
                        "trap '' INT TERM; echo x >> /seen/runs; sleep 0.1",
                    ])
            let isRunning = Clock.wait(seconds: 30) { HostSnapshot.text(hull.directory + "/runs").count >= 12 }
            #expect(isRunning)
            child.signal(SIGINT)
            let outcome = try child.finish()
            #expect(outcome.status == 130, "\(outcome)")
            #expect(outcome.output.contains("until it was interrupted"), "\(outcome)")
            #expect(try hull.expect("ps", "-a", "-q").isEmpty)
            let read = try hull.expect("compare", "report", file)
            #expect(read.contains("until it was interrupted"))
        }
    }

    @Test func theSameBytesMeasureOnEverySide() throws {
        try withHull { hull in
            let suite = try hull.file(
                "suite.yaml",
                """
                schema: hull-compare-suite/1
                title: Two workloads
                workloads:
                  - name: calls
                    command: [/hull-workload, system-call]
                    measure: reported
                    operation: system call
                  - name: input
                    command: [cat]
                    options: [--interactive]
                    input: text
                """)
            try hull.file("text", "some input\n")
            let outcome = try compare(hull, "--runs=2", "--suite", suite, "busybox")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("calls  time of one system call, 2 rounds"), "\(outcome)")
            let table = try hull.start(
                ["compare", "--output=csv", "--runs=1", "--suite", suite] + Self.sides + ["busybox"]
            ).finish(seconds: 120)
            let reported = rows(table).dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false)[8] }
            #expect(reported.count == 4)
            #expect(reported.prefix(2).allSatisfy { Double($0) ?? 0 > 0 })
            #expect(reported.suffix(2).allSatisfy { $0.isEmpty })
        }
    }

    @Test func anImageWithoutACommandOfItsOwnIsCompared() throws {
        try withHull(busybox: false) { hull in
            try hull.expect("import", TestImages.busybox, "bare")
            let outcome = try compare(hull, "--runs=1", "bare", "echo", "hi")
            #expect(outcome.status == 0, "\(outcome)")
        }
    }

    @Test func theDefaultSuiteIsFoundAndComplete() throws {
        try withHull { hull in
            let outcome = try compare(hull, "--suite=default", "--runs=1", "--output=csv")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(rows(outcome).count == 1 + 2 * 14)
        }
    }

    @Test(.enabled(if: access("/usr/bin/crun", X_OK) == 0, "crun is not installed: it is a package of the benchmarks"))
    func anotherRuntimeRunsTheSameRootFileSystem() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "compare", "--isolation=container", "--against=crun", "--runs=2", "busybox", "sh", "-c",
                "cat /etc/passwd; ls /; id; pwd; grep Seccomp: /proc/self/status")
            #expect(outcome.status == 0, "\(outcome)")
            // Another user can enter the root, too.
            let user = try hull.run(
                "compare", "--isolation=container", "--against=crun", "--runs=1", "--user=user", "busybox", "id")
            #expect(user.status == 0, "\(user)")
        }
    }

    @Test func anImageWithoutACommandIsComparedWithOne() throws {
        try withHull(busybox: false) { hull in
            try hull.expect("import", TestImages.busybox, "bare")
            #expect(try compare(hull, "--runs=1", "bare", "true").status == 0)
        }
    }
}

extension JSONValue {
    /// The number, where this is one.
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
