import CommandLineOptions

/// Which events are shown: values of one key are alternatives, keys must all hold, as in Docker.
public struct EventFilter: Sendable {
    static let keys = ["container", "image", "event", "type", "label"]

    private var wanted: [String: [String]] = [:]

    /// Parses `KEY=VALUE` filters.
    public init(_ texts: [String]) throws(UsageError) {
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.keys.contains(String(parts[0])) else {
                throw UsageError(
                    "invalid filter '\(text)': give KEY=VALUE with one of \(Self.keys.joined(separator: ", "))")
            }
            wanted[String(parts[0]), default: []].append(String(parts[1]))
        }
    }

    /// Whether an event is shown.
    public func accepts(_ event: Event) -> Bool {
        wanted.allSatisfy { key, values in values.contains { holds(key, $0, event) } }
    }

    private func holds(_ key: String, _ value: String, _ event: Event) -> Bool {
        switch key {
        case "container":
            event.type == "container" && (event.id.hasPrefix(value) || event.attributes["name"] == value)
        case "image": event.type == "image" ? event.id == value : event.attributes["image"] == value
        case "event": event.action == value
        case "type": event.type == value
        default:
            event.attributes.contains { "\($0.key)=\($0.value)" == value || $0.key == value }
        }
    }
}
