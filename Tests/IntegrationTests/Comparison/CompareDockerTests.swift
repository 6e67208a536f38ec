import Glibc
import Testing

/// `hull compare --against=docker`, with a daemon of the test's own.
@Suite(
    .serialized, .enabled(if: Environment.isRoot, "Docker's daemon needs root"),
    .enabled(if: DockerDaemon.reason == nil, "\(DockerDaemon.reason ?? "")"))
struct CompareDockerTests {
    @Test func dockerDoesTheSameAndKeepsNothing() throws {
        try withHull { hull in
            let daemon = try DockerDaemon()
            hull.environment["DOCKER_HOST"] = daemon.address
            try hull.file("text", "some input\n")
            let suite = try hull.file(
                "suite.yaml",
                """
                schema: hull-compare-suite/1
                workloads:
                  - {name: root, command: [sh, -c, "cat /etc/passwd; ls /; pwd; id -u; id -g; echo $A"], options: [--env=A=1]}
                  - {name: user, command: [id], options: [--user=user]}
                  - {name: input, command: [cat], options: [--interactive], input: text}
                  - {name: file, command: [cat, /text], options: ["--volume=\(hull.directory)/text:/text:ro"]}
                  - {name: status, command: [sh, -c, "exit 7"]}
                  - {name: calls, command: [/hull-workload, system-call], measure: reported, operation: call}
                """)
            let outcome = try hull.start([
                "compare", "--isolation=container", "--against=docker", "--runs=2", "--output=csv",
                "--suite=\(suite)", "busybox",
            ]).finish(seconds: 180)
            #expect(outcome.status == 0, "\(outcome)")
            // Six workloads, two rounds, two sides; the headings.
            #expect(outcome.output.split { $0.isNewline }.count == 1 + 6 * 2 * 2, "\(outcome)")
            #expect(try daemon.run("ps", "--all", "--quiet").output.isEmpty)
            #expect(try daemon.run("images", "--all", "--quiet").output.isEmpty)
        }
    }

    @Test func anInterruptedComparisonEndsDockersContainer() throws {
        try withHull { hull in
            let daemon = try DockerDaemon()
            hull.environment["DOCKER_HOST"] = daemon.address
            let child = try hull.start([
                "compare", "--isolation=container", "--against=docker", "--runs=1000", "busybox", "sh", "-c",
                "trap '' INT TERM; sleep 3",
            ])
            let isRunning = try Clock.wait(seconds: 60) { try !daemon.run("ps", "--quiet").output.isEmpty }
            #expect(isRunning)
            child.signal(SIGINT)
            let outcome = try child.finish()
            #expect(outcome.status == 130, "\(outcome)")
            #expect(try daemon.run("ps", "--all", "--quiet").output.isEmpty)
            #expect(try daemon.run("images", "--all", "--quiet").output.isEmpty)
        }
    }
}
