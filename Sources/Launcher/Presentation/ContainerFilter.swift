import CommandLineOptions
import OCISpec

/// Which containers are listed: values of one key are alternatives, keys must all hold, as in Docker.
public struct ContainerFilter {
    static let keys = ["id", "name", "label", "status", "exited", "ancestor", "isolation", "before", "since"]
    static let states = ["created", "running", "paused", "exited"]

    private var wanted: [String: [String]] = [:]
    private var before: Int64?
    private var since: Int64?

    /// Parses `KEY=VALUE` filters; containers that they name are looked for.
    public init(_ texts: [String], _ store: ContainerStore) throws {
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, Self.keys.contains(parts[0]) else {
                throw UsageError(
                    "invalid filter '\(text)': give KEY=VALUE with one of \(Self.keys.joined(separator: ", "))")
            }
            switch parts[0] {
            case "before": before = try store.find(parts[1]).created
            case "since": since = try store.find(parts[1]).created
            case "status" where !Self.states.contains(parts[1]):
                throw UsageError("invalid filter '\(text)': give one of \(Self.states.joined(separator: ", "))")
            case "exited" where Int32(parts[1]) == nil:
                throw UsageError("invalid filter '\(text)': give an exit code")
            default: wanted[parts[0], default: []].append(parts[1])
            }
        }
    }

    /// Whether it asks for a state, so that containers that do not run are looked at.
    public var namesStatus: Bool { wanted["status"] != nil || wanted["exited"] != nil }

    /// Whether a container is listed.
    public func accepts(_ view: ContainerView) -> Bool {
        if let before, view.record.created >= before { return false }
        if let since, view.record.created <= since { return false }
        return wanted.allSatisfy { key, values in values.contains { holds(key, $0, view) } }
    }

    private func holds(_ key: String, _ value: String, _ view: ContainerView) -> Bool {
        let record = view.record
        switch key {
        case "id": return record.id.hasPrefix(value)
        case "name": return record.name.contains(value)
        case "label": return record.labels.contains { $0.key == value || "\($0.key)=\($0.value)" == value }
        case "status": return view.status == value
        case "exited":
            if case .exited(let exited) = view.lifecycle { return exited.startedAt != 0 && "\(exited.code)" == value }
            return false
        case "ancestor": return isAncestor(value, record)
        default: return record.isolation == value
        }
    }

    private func isAncestor(_ image: String, _ record: ContainerRecord) -> Bool {
        if record.image.name == image { return true }
        let hex = record.image.id.split(separator: ":").last ?? ""
        if record.image.id == image || (image.utf8.count >= 4 && hex.hasPrefix(image)) { return true }
        // A name that is no reference is that of no image.
        return (try? Reference(record.image.name)) == (try? Reference(image)) && (try? Reference(image)) != nil
    }
}
