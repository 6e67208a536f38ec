import JSON

/// One thing about this host that Hull depends on.
public struct Finding: Sendable, Equatable {
    /// How it stands.
    public enum State: String, Sendable {
        /// All is there.
        case works
        /// Something is missing that some containers need.
        case limited
        /// Something is missing that containers need.
        case missing
    }

    /// What was looked at.
    public var subject: String
    /// How it stands.
    public var state: State
    /// What was found, and why it is so.
    public var finding: String
    /// What to do about it; nil where there is nothing to do.
    public var mend: String?

    /// Makes a finding.
    public init(_ subject: String, _ state: State, _ finding: String, mend: String? = nil) {
        self.subject = subject
        self.state = state
        self.finding = finding
        self.mend = mend
    }

    /// For programs.
    public var json: JSONValue {
        [
            "subject": .string(subject), "state": .string(state.rawValue), "finding": .string(finding),
            "mend": mend.map(JSONValue.string) ?? .null,
        ]
    }

    /// For people: one line, and one for the mend.
    public var text: String {
        let sign =
            switch state {
            case .works: "ok     "
            case .limited: "limited"
            case .missing: "MISSING"
            }
        return "\(sign)  \(subject): \(finding)\n" + (mend.map { "         mend: \($0)\n" } ?? "")
    }
}
