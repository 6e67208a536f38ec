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

/// As JSON: an object with the one member `builtin` or `spec`; an empty one for no filter.
extension SeccompSource {
    private enum CodingKeys: CodingKey {
        case builtin, spec
    }

    /// Reads it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let capabilities = try container.decodeIfPresent([String].self, forKey: .builtin) {
            self = .builtin(capabilities: capabilities)
        } else if let filter = try container.decodeIfPresent(Spec.Seccomp.self, forKey: .spec) {
            self = .spec(filter)
        } else {
            self = .none
        }
    }

    /// Writes it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .none: break
        case .builtin(let capabilities): try container.encode(capabilities, forKey: .builtin)
        case .spec(let filter): try container.encode(filter, forKey: .spec)
        }
    }
}
