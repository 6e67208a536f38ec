/// Why a tree cannot be copied.
public struct TreeError: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
