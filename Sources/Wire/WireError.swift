/// Why bytes are no message.
public enum WireError: Error, Equatable, CustomStringConvertible {
    /// Fewer bytes than the message names.
    case truncated
    /// A length or a count above what is allowed there.
    case tooLong(Int, limit: Int)
    /// A value that means nothing there.
    case invalid(String)
    /// Bytes behind the message's end.
    case trailing(Int)

    /// The text for people.
    public var description: String {
        switch self {
        case .truncated: "message ends too early"
        case .tooLong(let length, let limit): "message names \(length) where at most \(limit) are allowed"
        case .invalid(let what): "message has an invalid \(what)"
        case .trailing(let count): "message has \(count) bytes too many"
        }
    }
}
