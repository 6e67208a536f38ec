import CommandLineOptions
import OCISpec

/// What `run --explain` prints: each decision, and why.
public struct Explanation: Sendable, Equatable {
    /// One decision.
    public struct Row: Sendable, Equatable {
        /// What is decided.
        public var subject: String
        /// How.
        public var decision: String
        /// Why.
        public var reason: String
    }

    /// The decisions.
    public private(set) var rows: [Row] = []

    /// Collects the decisions of `run` or `create`.
    ///
    /// - Parameters:
    ///   - result: of the builder, where the image is there; without it, what depends on the image is left out.
    public init(
        _ options: RunOptions, _ arguments: Arguments, _ configuration: Configuration, result: SpecBuilder.Result?
    ) {
        func why(_ names: String..., key: String? = nil, otherwise: Configuration.Origin = .standard) -> String {
            for name in names where arguments.value(name) != nil { return "option \(name)" }
            return "\(key.map(configuration.origin) ?? otherwise)"
        }
        func add(_ subject: String, _ decision: String, _ reason: String) {
            rows.append(Row(subject: subject, decision: InvalidOption.shown(decision), reason: reason))
        }
        if let snapshot = options.snapshot {
            add("isolation", options.isolation.rawValue, "snapshots are of micro-VMs")
            add("start", "from snapshot \(snapshot)", "option --from-snapshot")
            add("log", options.log.driver.rawValue, why("--log-driver", key: "logDriver"))
            return
        }
        add("isolation", options.isolation.rawValue, why("--isolation", key: "isolation"))
        if options.isolation.resolved == .vm {
            add("start", options.machine?.startsCold == true ? "boot" : "from a template", why("--cold"))
        }
        add("network", options.network.mode.rawValue, why("--network"))
        let limits = options.limits
        add("memory", limits.memory.map { "\($0) bytes" } ?? "no limit", why("--memory", key: "limits.memory"))
        if limits.memory != nil || limits.memorySwap != nil {
            let swap = result?.spec.linux?.resources?.memory?.swap ?? limits.memorySwap
            add(
                "memory and swap", swap.map { $0 < 0 ? "no limit" : "\($0) bytes" } ?? "no limit",
                arguments.value("--memory-swap") == nil ? "twice the memory" : "option --memory-swap")
        }
        add("processors", Self.processors(limits), why("--cpus", "--cpu-quota", "--cpu-period", key: "limits.cpus"))
        add(
            "processes", limits.pids.map { $0 < 0 ? "no limit" : "\($0)" } ?? "no limit",
            why("--pids-limit", key: "limits.pids"))
        add("seccomp", Self.seccomp(options.security), why("--privileged", "--security-opt"))
        if let process = result?.spec.process {
            let bounding = process.capabilities?.bounding ?? []
            let names = bounding.map { $0.dropFirst("CAP_".count).lowercased() }.joined(separator: " ")
            add("capabilities", names.isEmpty ? "none" : names, why("--privileged", "--cap-add", "--cap-drop"))
            let ofImage = result.map { _ in "image, or root where it says none" } ?? ""
            add(
                "user", "\(process.user.uid):\(process.user.gid)",
                arguments.value("--user") == nil ? ofImage : "option --user")
            add("command", (process.args ?? []).joined(separator: " "), Self.origin(ofCommand: options))
        }
        add("user namespace", Self.users(result, options), why("--userns"))
        add(
            "root file system", options.readOnly ? "read-only" : "writable, on an overlay of its own",
            why("--read-only"))
        add("log", options.log.driver.rawValue, why("--log-driver", key: "logDriver"))
        add("pull", options.pull.rawValue, why("--pull", key: "pull"))
    }

    private static func processors(_ limits: LimitOptions) -> String {
        guard let quota = limits.cpuQuota, quota > 0 else { return "no limit" }
        return "\(quota) of each \(limits.cpuPeriod ?? Quantity.processorPeriod) microseconds"
    }

    private static func seccomp(_ security: SecurityOptions) -> String {
        if security.privileged { return "none" }
        return switch security.seccomp {
        case .standard: "default profile"
        case .unconfined: "none"
        case .file(let path): "profile \(path)"
        }
    }

    private static func users(_ result: SpecBuilder.Result?, _ options: RunOptions) -> String {
        guard let linux = result?.spec.linux else { return options.namespaces.users.rawValue }
        guard let mappings = linux.uidMappings else { return "the host's users" }
        return mappings.map { "\($0.containerID) is \($0.hostID) (\($0.size) ids)" }.joined(separator: ", ")
    }

    private static func origin(ofCommand options: RunOptions) -> String {
        if options.process.entrypoint != nil { return "option --entrypoint" }
        return options.command.isEmpty ? "image" : "words after the image, with the image's entry point"
    }

    /// A table for people.
    public var text: String {
        let first = rows.map(\.subject.count).max() ?? 0
        return rows.map { row in
            row.subject + String(repeating: " ", count: first - row.subject.count + 2)
                + "\(row.decision)  (\(row.reason))"
        }.joined(separator: "\n") + "\n"
    }
}
