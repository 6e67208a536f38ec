import OCISpec

/// Where a container's seccomp filter comes from. The built-in profile is named, not spelt out: it has hundreds of
/// names, and to encode, write, read and resolve them takes longer than everything else before the workload.
public enum SeccompSource: Codable, Equatable, Sendable {
    /// No filter.
    case none
    /// The built-in default profile, for a workload whose bounding set holds these capabilities (`CAP_CHOWN`, …).
    case builtin(capabilities: [String])
    /// A filter as the specification spells it out.
    case spec(Spec.Seccomp)
}
