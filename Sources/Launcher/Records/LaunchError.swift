/// Why something cannot be done with a container. One line, for people; the exit status as Docker has it.
public struct LaunchError: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String
    /// The exit status: 125 for what is ours, 126 and 127 for a command that cannot be executed.
    public let status: Int32

    /// Makes an error.
    public init(_ description: String, status: Int32 = 125) {
        self.description = description
        self.status = status
    }

    /// There is no such container.
    public static func noSuchContainer(_ name: String) -> LaunchError {
        LaunchError("no such container: \(InvalidOption.shown(name))", status: 1)
    }

    /// The container is not running.
    public static func notRunning(_ name: String) -> LaunchError {
        LaunchError("container \(InvalidOption.shown(name)) is not running", status: 1)
    }
}
