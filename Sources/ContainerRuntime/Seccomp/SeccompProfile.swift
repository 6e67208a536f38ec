import JSON
import OCISpec

/// A seccomp profile in the form of the Moby project, in which rules depend on capabilities, architecture and kernel.
/// It is resolved to what the runtime specification knows, where nothing depends on anything.
public struct SeccompProfile: Equatable, Sendable {
    /// What happens to a call that no rule names.
    public var defaultAction: String
    /// The error number of SCMP_ACT_ERRNO.
    public var defaultErrnoRet: UInt32?
    /// The architectures that come with a native one, by its name (`SCMP_ARCH_X86_64`).
    public var subArchitectures: [String: [String]]
    /// Architectures that are listed plainly, instead of the map.
    public var architectures: [String]
    /// `SECCOMP_FILTER_FLAG_LOG` and so on.
    public var flags: [String]
    /// The rules.
    public var rules: [Rule]

    /// A rule and what it depends on.
    public struct Rule: Equatable, Sendable {
        /// The rule itself.
        public var rule: Spec.Seccomp.Rule
        /// It counts only where all of these hold.
        public var includes: Condition
        /// It does not count where any of these holds.
        public var excludes: Condition
    }

    /// What a rule can depend on.
    public struct Condition: Equatable, Sendable {
        /// Capabilities of the workload, `CAP_SYS_ADMIN`.
        public var capabilities: [String] = []
        /// Architectures in Go's names, `amd64`.
        public var architectures: [String] = []
        /// The kernel, at least.
        public var minimumKernel: KernelVersion?
    }

    /// The rules that hold for one workload.
    ///
    /// - Parameters:
    ///   - capabilities: the workload's bounding set.
    ///   - kernel: the kernel that it runs on.
    public func resolve(capabilities: Set<String>, kernel: KernelVersion) -> Spec.Seccomp {
        let native = "SCMP_ARCH_X86_64"
        let architecture = "amd64"
        var result = Spec.Seccomp(defaultAction: defaultAction, defaultErrnoRet: defaultErrnoRet)
        result.architectures = architectures.isEmpty ? [native] + (subArchitectures[native] ?? []) : architectures
        result.flags = flags.isEmpty ? nil : flags
        result.syscalls = rules.filter { rule in
            let includes = rule.includes
            let excludes = rule.excludes
            if !includes.capabilities.allSatisfy(capabilities.contains) { return false }
            if !includes.architectures.isEmpty && !includes.architectures.contains(architecture) { return false }
            if let minimum = includes.minimumKernel, kernel < minimum { return false }
            if excludes.capabilities.contains(where: capabilities.contains) { return false }
            if excludes.architectures.contains(architecture) { return false }
            if let minimum = excludes.minimumKernel, kernel >= minimum { return false }
            return true
        }.map(\.rule)
        return result
    }
}

extension SeccompProfile {
    /// The default profile that is built in, the text of `Configs/seccomp/default.json`.
    public static func builtin() throws(SeccompError) -> SeccompProfile {
        try SeccompProfile(parsing: Array(builtinText.utf8))
    }
}
