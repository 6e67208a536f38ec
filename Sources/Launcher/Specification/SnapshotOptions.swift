import CommandLineOptions

/// What a new container can be told that goes on from a snapshot: its workload runs already.
extension RunOptions {
    /// The options that are not about the workload or its machine.
    private static let ofAnyStart: Set<String> = [
        "--from-snapshot", "--interactive", "--tty", "--detach", "--attach", "--sig-proxy", "--detach-keys", "--name",
        "--rm", "--restart", "--label", "--label-file", "--stop-timeout", "--cidfile", "--log-driver", "--log-opt",
        "--isolation", "--quiet", "--explain",
    ]

    /// Refuses what cannot be had any more: nothing is ever ignored.
    mutating func checkForSnapshot(_ arguments: Arguments) throws(UnusableOptions) {
        if let option = arguments.given.first(where: { !Self.ofAnyStart.contains($0) }) {
            throw UnusableOptions(
                "\(option) has no meaning with --from-snapshot: the workload runs already, with what it was started with"
            )
        }
        if let image = arguments.operands.first {
            throw UnusableOptions(
                "no image or command goes with --from-snapshot, and '\(InvalidOption.shown(image))' was given: "
                    + "the workload runs already")
        }
        if arguments.given.contains("--isolation"), isolation.resolved != .vm {
            throw UnusableOptions(
                "--isolation=container has no meaning with --from-snapshot: snapshots are of micro-VMs")
        }
        isolation = .vm
    }
}
