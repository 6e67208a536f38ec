import CommandLineOptions

/// The options of `hull compare`, which `hull` documents and `hull-compare` obeys.
public enum ComparisonOptions {
    /// The options of `compare`: its own, and those of `run` that do not say how a run is attached or named.
    public static var table: [Option] { own + ofRun }

    private static var own: [Option] {
        [
            Option("--isolation", value: "KIND,...", help: "what is compared: container, vm, vm-cold (container,vm)"),
            Option(
                "--side", value: "NAME=OPTIONS", repeats: true,
                help: "a side of one's own: options of `run`, as 'loose=--security-opt seccomp=unconfined'"),
            Option("--against", value: "NAME,...", help: "other programs: crun, runc, podman, docker, qemu-microvm"),
            Option("--suite", value: "FILE", help: "the workloads of a YAML file; 'default' comes with Hull"),
            Option("--runs", value: "NUMBER", help: "so many rounds, however sure the result is"),
            Option("--time", value: "TIME", help: "the most time for a workload's rounds (30s, or as the suite says)"),
            Option("--warmup", value: "NUMBER", help: "rounds before those that count, at least 1 (1)"),
            Option("--precision", value: "PERCENT", help: "how narrow the interval of a ratio shall be (2)"),
            Option("--seed", value: "NUMBER", help: "where the random order starts"),
            Option("--ignore-output", help: "do not compare what the command writes"),
        ] + reportOptions
    }

    /// The options of `compare report`, which `compare` has, too.
    public static var reportOptions: [Option] {
        [
            Option(
                "-o", "--output", value: "FORMAT|FILE", repeats: true,
                help: "json, csv, markdown or html to standard output, or a file whose name ends so"),
            Option(
                "--fail-if", value: "CONDITION", repeats: true, help: "fail with 3, as 'vm.wall > 2x container.wall'"),
        ]
    }

    /// What a comparison decides itself.
    private static let decided: Set<String> = [
        "--interactive", "--tty", "--detach", "--attach", "--sig-proxy", "--detach-keys", "--isolation", "--name",
        "--rm",
        "--restart", "--quiet", "--cidfile", "--explain", "--log-driver", "--log-opt",
    ]

    /// The options of `run` that all sides get.
    public static var ofRun: [Option] { RunOptions.table.filter { !decided.contains($0.name) } }

    /// The options of `run` that were given, as words again.
    public static func words(_ arguments: Arguments) -> [String] {
        ofRun.flatMap { option in arguments.values(option.name).map { "\(longName(option))=\($0)" } }
    }

    private static func longName(_ option: Option) -> String {
        option.names.last { $0.hasPrefix("--") } ?? option.name
    }
}
